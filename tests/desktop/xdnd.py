"""Another X11 program that drags a file onto a window: xdnd.py WINDOW X Y PATH (percent-encoded). XDND version 5."""
import sys
import time

from Xlib import X, Xatom, display
from Xlib.protocol import event

identifier, x, y, path = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
screen = display.Display()
root = screen.screen().root
target = screen.create_resource_object("window", identifier)
source = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
atom = screen.intern_atom
payload = f"file://{path}\r\n".encode()


def send(name, *data):
    data = list(data) + [0] * (5 - len(data))
    message = event.ClientMessage(window=target, client_type=atom(name), data=(32, data))
    target.send_event(message, event_mask=0)
    screen.flush()


def serve(seconds):
    """Answers the window's requests for what is dragged."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        while screen.pending_events():
            asked = screen.next_event()
            if asked.type == X.SelectionRequest:
                at = asked.property or asked.target
                asked.requestor.change_property(at, asked.target, 8, payload)
                asked.requestor.send_event(event.SelectionNotify(
                    time=asked.time, requestor=asked.requestor, selection=asked.selection, target=asked.target, property=at))
                screen.flush()
        time.sleep(0.01)


source.set_selection_owner(atom("XdndSelection"), X.CurrentTime)
source.change_property(atom("XdndTypeList"), Xatom.ATOM, 32, [atom("text/uri-list")])
root.warp_pointer(x, y)
send("XdndEnter", source.id, 5 << 24, atom("text/uri-list"))
serve(0.2)
for step in (-4, -2, 0):
    send("XdndPosition", source.id, 0, (x + step) << 16 | y, X.CurrentTime, atom("XdndActionCopy"))
    serve(0.2)
send("XdndDrop", source.id, 0, X.CurrentTime)
serve(1.0)
