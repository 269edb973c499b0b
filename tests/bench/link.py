"""A link with a round-trip time between two network namespaces: link.py MILLISECONDS READY NEAR FAR

Makes the namespaces NEAR (10.211.7.1) and FAR (10.211.7.2), each with a TUN device, and carries every packet across after
half of the time. Creates the file READY once it does. Deletes the namespaces at the end of its standard input.
"""
import collections, fcntl, os, select, struct, subprocess, sys, time

delay, ready, near, far = float(sys.argv[1]) / 2000, *sys.argv[2:5]
ends = {}
try:
    for space, own, other in (near, "10.211.7.1", "10.211.7.2"), (far, "10.211.7.2", "10.211.7.1"):
        device = "longshore-" + space[-4:]
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, 0x400454CA, struct.pack("16sH22x", device.encode(), 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
        subprocess.run(["ip", "netns", "add", space], check=True)
        ends[end] = space
        for words in (
            ["link", "set", device, "netns", space],
            ["-n", space, "address", "add", own, "peer", other, "dev", device],
            ["-n", space, "link", "set", device, "up", "txqueuelen", "5000"],
            ["-n", space, "link", "set", "lo", "up"],
        ):
            subprocess.run(["ip", *words], check=True)
    one, two = ends
    way = {one: (two, collections.deque()), two: (one, collections.deque())}
    open(ready, "w").close()
    while True:
        due = min((packets[0][0] for _, packets in way.values() if packets), default=None)
        wait = None if due is None else max(0, due - time.monotonic())
        for came in select.select([0, *ends], [], [], wait)[0]:
            if came == 0:
                sys.exit()
            try:
                while True:
                    way[came][1].append((time.monotonic() + delay, os.read(came, 65536)))
            except BlockingIOError:
                pass
        now = time.monotonic()
        for to, packets in way.values():
            while packets and packets[0][0] <= now:
                try:
                    os.write(to, packets.popleft()[1])
                except OSError:
                    pass  # a packet that does not fit is a packet lost
finally:
    for space in ends.values():
        subprocess.run(["ip", "netns", "delete", space])
