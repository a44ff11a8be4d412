"""Lists all channels and hangs them up. hangup_all.py URL USER PASSWORD"""
import sys

import requests

url, user, password = sys.argv[1:4]
session = requests.Session()
session.auth = (user, password)

answer = session.get(url + "/channels")
answer.raise_for_status()
for channel in answer.json():
    print(channel["id"], channel["name"], channel["state"], channel["caller"]["number"] or "-")
    gone = session.delete(url + "/channels/" + channel["id"])
    if gone.status_code == 404:
        print("has ended already:", gone.json()["message"])  # the other half of a Local channel
        continue
    gone.raise_for_status()
