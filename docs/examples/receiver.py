# A webhook receiver in Python.
#
#   pip install flask standardwebhooks
#   WEBHOOK_SECRET=whsec_... python receiver.py 8080

import os
import sys

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
secret = Webhook(os.environ["WEBHOOK_SECRET"])
seen = set()  # in your database, with a unique index


@app.post("/webhook")
def webhook():
    try:
        # The raw body: JSON that was read and written again has another signature.
        event = secret.verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError):
        return "", 400
    if request.headers["webhook-id"] in seen:
        return "", 204
    handle(event)
    seen.add(request.headers["webhook-id"])
    return "", 204


def handle(event):
    asset = event["data"]["asset"]
    print(event["type"], asset["key"], event["data"]["reason"] or "", flush=True)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
