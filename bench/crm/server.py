"""The server that is measured: ``python -m bench.crm.server DIR`` serves until it is terminated.

The first line that it prints is a JSON object with the port and the key pair.
"""

import json
import socket
import sys
from pathlib import Path

import uvicorn

from bench.crm.questions import INDEXED
from leadwire.cli.serve import server_config
from leadwire.database.places import Place
from leadwire.server.app import App, set_up_data_folder
from leadwire.settings import Settings


def _serve(folder: Path) -> None:
    settings = Settings(data=folder, port=0, lead_field_indexes=",".join(INDEXED))
    first = set_up_data_folder(Place(folder), account_name="bench", email="bench@example.com")
    listener = socket.create_server((settings.host, 0), backlog=64)
    keys = (first.access_key, first.secret_key)
    print(json.dumps({"port": listener.getsockname()[1], "keys": keys}), flush=True)
    app = App(settings)
    uvicorn.Server(server_config(app, settings, app.connections)).run([listener])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
