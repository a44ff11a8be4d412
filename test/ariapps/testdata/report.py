"""Calls an endpoint, waits for Up, continues in the dialplan, reports. report.py URL USER PASSWORD ENDPOINT CONTEXT EXTENSION"""
import json
import sys
import time

import requests
import websocket

url, user, password, endpoint, context, extension = sys.argv[1:7]
app = "report.py"
ws = websocket.create_connection("%s/events?app=%s" % (url.replace("http", "ws", 1), app), timeout=30,
                                 header=["Authorization: Basic " + requests.auth._basic_auth_str(user, password).split()[1]])
session = requests.Session()
session.auth = (user, password)
call = session.post(url + "/channels", params={"endpoint": endpoint, "app": app, "callerId": "Ann <555>"},
                    json={"variables": {"COLOUR": "dark blue"}})
call.raise_for_status()
channel = call.json()["id"]
start = None
while True:
    event = json.loads(ws.recv())
    if event.get("channel", {}).get("id") != channel:
        continue
    if event["type"] == "StasisStart":
        assert event["channel"]["state"] == "Up"
        start = time.time()
        variable = session.get("%s/channels/%s/variable" % (url, channel), params={"variable": "COLOUR"}).json()["value"]
        assert variable == "dark blue", variable
        session.post(url + "/applications/%s/subscription" % app, params={"eventSource": "channel:" + channel}).raise_for_status()
        session.post("%s/channels/%s/continue" % (url, channel),
                     params={"context": context, "extension": extension, "priority": 1}).raise_for_status()
    if event["type"] == "ChannelDestroyed":
        break
print(json.dumps({"answered": start is not None, "cause": event["cause"], "cause_txt": event["cause_txt"],
                  "duration": round(time.time() - start, 1) if start else 0}))
ws.close()
