"""Dumps the channels of an application as they come and go. dump.py URL USER PASSWORD APP"""
import json
import sys
from urllib.parse import quote

import requests
import websocket

url, user, password, app = sys.argv[1:5]


def show(what, channel):
    print(what, channel["name"].split("-")[0], channel["state"], "%s,%s,%d" % (
        channel["dialplan"]["context"], channel["dialplan"]["exten"], channel["dialplan"]["priority"]), flush=True)


def on_message(ws, message):
    event = json.loads(message)
    if event["type"] == "StasisStart":
        show("came", event["channel"])
        requests.post("%s/channels/%s/answer" % (url, event["channel"]["id"]), auth=(user, password)).raise_for_status()
    elif event["type"] == "ChannelStateChange":
        show("is", event["channel"])
    elif event["type"] == "ChannelDtmfReceived":
        print("pressed", event["digit"], flush=True)
        requests.delete("%s/channels/%s" % (url, event["channel"]["id"]), auth=(user, password)).raise_for_status()
    elif event["type"] == "StasisEnd":
        show("went", event["channel"])
        ws.close()


def on_error(ws, error):
    print("error", error, flush=True)


def on_open(ws):
    print("connected", requests.get("%s/applications/%s" % (url, app), auth=(user, password)).json()["name"], flush=True)


ws = websocket.WebSocketApp("%s/events?app=%s&api_key=%s:%s" % (url.replace("http", "ws", 1), app, quote(user), quote(password)),
                            on_message=on_message, on_error=on_error, on_open=on_open)
ws.run_forever(ping_interval=10)
