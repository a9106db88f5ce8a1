# A back end that makes a frame of each video in a project, and stores it beside the video.
#
#   pip install ./client/python standardwebhooks      (and ffmpeg)
#   GATEWAY_URL=… TOKEN_URL=… CLIENT_ID=… CLIENT_SECRET=… SCOPE=… WEBHOOK_SECRET=… \
#     python worker.py 8080

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asset_gateway import AlreadyExists, Client, ClientCredentials, GatewayError
from standardwebhooks import Webhook, WebhookVerificationError

env = os.environ
token = ClientCredentials(
    env["TOKEN_URL"], env["CLIENT_ID"], env["CLIENT_SECRET"], scope=env["SCOPE"]
)
gateway = Client(env["GATEWAY_URL"], token)
secret = Webhook(env["WEBHOOK_SECRET"])

# Films; not the playlists and segments of packages, which are of kind `video`, too.
FILMS = {"video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/mpeg"}


def handle(event):
    if event["type"] != "asset.created":
        return
    data, asset = event["data"], event["data"]["asset"]
    # Frames are told of, too, and are not worked on.
    if asset["kind"] != "video" or not asset["project_id"] or not data["verified"]:
        return
    if asset["content_type"] not in FILMS:
        return
    user = gateway.acting_for(data["sub"])
    with tempfile.TemporaryDirectory() as folder:
        video = user.download(asset["path"], folder)
        frame = Path(folder, "frame.jpg")
        # Of this file alone, whatever it says of others.
        read = ["-protocol_whitelist", "file", "-i", f"file:{video}"]
        command = ["ffmpeg", "-v", "error", *read, "-frames:v", "1", str(frame)]
        subprocess.run(command, check=True, timeout=60)  # noqa: S603 - no shell
        with suppress(AlreadyExists):  # the event came twice
            user.upload(
                frame, kind="frame", project_id=asset["project_id"], asset_id=asset["asset_id"]
            )


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 65_536))
        headers = {name.lower(): text for name, text in self.headers.items()}
        try:
            handle(secret.verify(body, headers))
            status = 204
        except WebhookVerificationError:
            status = 400
        except (GatewayError, subprocess.SubprocessError):
            status = 503  # it comes again
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    # A frame takes a second; put longer work into a queue of your own, and answer at once.
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hook)
    print("listening", flush=True)
    server.serve_forever()
