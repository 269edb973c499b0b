"""A pyftpdlib server for one test: HOST PORT USER PASSWORD ROOT [CERTIFICATE KEY]; at most $RATE bytes a second each."""
import os
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, ThrottledDTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

host, port, user, password, root, *tls = sys.argv[1:]
authorizer = DummyAuthorizer()
authorizer.add_user(user, password, root, perm="elradfmwMT")
handler = FTPHandler
if tls:
    handler = TLS_FTPHandler
    handler.certfile, handler.keyfile = tls
rate = int(os.environ.get("RATE", 0))
if rate:
    ThrottledDTPHandler.read_limit = ThrottledDTPHandler.write_limit = rate
    handler.dtp_handler = ThrottledDTPHandler
handler.authorizer = authorizer
handler.use_gmt_times = True
handler.auth_failed_timeout = 0
FTPServer((host, int(port)), handler).serve_forever(handle_exit=False)
