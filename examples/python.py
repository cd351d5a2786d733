#!/usr/bin/env python3
# Talks to a teahouse with Python's standard library; it leaves when somebody says "bye".
#   python3 python.py [HOST] [PORT] [NICK] [ROOM] [TEXT]
import socket
import sys

arguments = ["127.0.0.1", "8667", "python", "#lobby", "Hello from Python!"]
arguments[: len(sys.argv) - 1] = sys.argv[1:]
host, port, nick, room, text = arguments

connection = socket.create_connection((host, int(port)))


def send(line):
    connection.sendall((line + "\r\n").encode())


send(f"NICK {nick}")
send(f"USER {nick} 0 * :{nick}")
for line in connection.makefile(encoding="utf-8", newline="\n"):
    line = line.rstrip("\r\n")
    before, _, said = line.partition(" :")
    source, command, *_ = before.split(" ") + [""]
    if source == "PING":
        send(line.replace("PING", "PONG", 1))
    elif command == "433":  # somebody has this name already
        nick += "_"
        send(f"NICK {nick}")
    elif command == "001":
        send(f"JOIN {room}")
    elif command == "366":
        print(f"* in {room} as {nick}", flush=True)
        send(f"PRIVMSG {room} :{text}")
    elif command == "PRIVMSG":
        print(f"{source[1:].split('!')[0]}: {said}", flush=True)
        if said == "bye":
            send("QUIT :bye")
    elif source in ("ERROR", "FAIL") or command[:1] in ("4", "5"):
        print(line, flush=True)
