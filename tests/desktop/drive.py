"""Drives the real window as a person would: reads it through AT-SPI, moves the real pointer through XTest.

    drive.py PROGRAM URL HOME ROOT SHOTS

PROGRAM connects to URL, whose files lie in ROOT on this machine; HOME is its home folder, and holds `source`. Exits
with 0 when every step did what it should, with one line on standard error when one did not.
"""
import filecmp
import os
import subprocess
import sys
import time

import pyatspi

program, url, home, root, shots = sys.argv[1:]


def enable_accessibility():
    subprocess.run(
        ["dbus-send", "--session", "--print-reply", "--dest=org.a11y.Bus", "/org/a11y/bus",
         "org.freedesktop.DBus.Properties.Set", "string:org.a11y.Status", "string:IsEnabled", "variant:boolean:true"],
        check=True, stdout=subprocess.DEVNULL)


def wait(what, seconds, look):
    """Looks until there is something, or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = look()
        except Exception:  # the tree changes while it is read
            found = None
        if found:
            return found
        time.sleep(0.2)
    shoot("failed")
    sys.exit(f"waited {seconds} s in vain: {what}")


def nodes():
    """Every node of the window: (role, name, (x, y, width, height))."""
    application = next(a for a in pyatspi.Registry.getDesktop(0) if a and a.name == os.path.basename(program))
    stack, found = [application], []
    while stack:
        node = stack.pop()
        try:
            box = node.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
            found.append((node.getRoleName(), node.name, (box.x, box.y, box.width, box.height)))
        except NotImplementedError:
            pass
        stack.extend(child for child in node if child)
    return found


def box(name, side=None):
    """Where the row or control `name` is; `side` says in which half of the window."""
    for role, said, area in nodes():
        left = area[0] + area[2] / 2 < 700
        if (said == name or said.startswith(name + ",")) and area[2] > 0 and side in (None, "left" if left else "right"):
            return area
    return None


def centre(area, along=0.5):
    return int(area[0] + area[2] * along), int(area[1] + area[3] / 2)


def xdotool(*words):
    subprocess.run(["xdotool", *map(str, words)], check=True)


def drag(start, end):
    """Presses at `start`, moves in steps as a hand does, and lets go at `end`."""
    xdotool("mousemove", *start)
    time.sleep(0.2)
    xdotool("mousedown", 1)
    for step in range(1, 21):
        x = start[0] + (end[0] - start[0]) * step // 20
        y = start[1] + (end[1] - start[1]) * step // 20
        xdotool("mousemove", x, y)
        time.sleep(0.03)
    time.sleep(0.3)
    shoot(f"drag-{start[0]}-{end[0]}")
    xdotool("mouseup", 1)


def shoot(name):
    subprocess.run(["import", "-window", "root", os.path.join(shots, f"{name}.png")], check=False)


def same(left, right):
    """Whether two folders hold the same, byte for byte."""
    if not os.path.isdir(left) or not os.path.isdir(right):
        return False
    compared = filecmp.dircmp(left, right, ignore=[])
    if compared.left_only or compared.right_only or compared.funny_files:
        return False
    _, differ, errors = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    return not differ and not errors and all(
        same(os.path.join(left, name), os.path.join(right, name)) for name in compared.common_dirs)


def window():
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "Longshore"], stdout=subprocess.PIPE, text=True)
    return found.stdout.split()


def main():
    enable_accessibility()
    running = subprocess.Popen([program, url])
    try:
        identifier = wait("the window", 30, window)[0]
        xdotool("windowsize", identifier, 1400, 900)
        xdotool("windowmove", identifier, 0, 0)
        xdotool("windowfocus", identifier)  # no window manager does it
        here = wait("the local tree", 30, lambda: box("source", "left"))
        below = wait("the server's folder", 30, lambda: box("incoming", "right"))
        shoot("connected")

        drag(centre(here, 0.3), (below[0] + 60, below[1] + 150))  # onto the empty part of the remote pane
        wait("the tree on the server", 120, lambda: same(f"{home}/source", f"{root}/source"))

        os.rename(f"{root}/source", f"{root}/back again")
        xdotool("key", "F5")
        there = wait("the tree under its new name", 30, lambda: box("back again", "right"))
        here = box("source", "left")
        drag(centre(there, 0.3), (here[0] + 60, here[1] + 150))
        wait("the tree on this machine", 120, lambda: same(f"{home}/source", f"{home}/back again"))

        below = wait("the folder", 10, lambda: box("incoming", "right"))
        drop = os.path.join(os.path.dirname(__file__), "xdnd.py")
        x, y = centre(below, 0.3)
        subprocess.run([sys.executable, drop, identifier, str(x), str(y), f"{home}/from%20elsewhere.txt"], check=True)
        wait("the file that another program dropped", 30,
             lambda: open(f"{root}/incoming/from elsewhere.txt").read() == "dropped\n")
        shoot("done")
    finally:
        running.terminate()
        running.wait(20)


main()
