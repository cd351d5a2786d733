#!/bin/sh
# Talks to a teahouse with nothing but a shell and nc; it leaves when somebody says "bye".
#   sh nc.sh [HOST] [PORT] [NICK] [ROOM] [TEXT]
host=${1:-127.0.0.1} port=${2:-8667} nick=${3:-shell} room=${4:-#lobby} text=${5:-Hello from a shell!}

pipe=$(mktemp -u) && mkfifo "$pipe" || exit 1
trap 'rm -f "$pipe"' EXIT

send() { printf '%s\r\n' "$1"; }  # standard output goes to the server
show() { printf '%s\n' "$1" >&3; }  # and this to the terminal

talk() {
    send "NICK $nick"
    send "USER $nick 0 * :$nick"
    while IFS= read -r line; do
        line=${line%"$(printf '\r')"}
        case $line in
            "PING "*) send "PONG ${line#PING }" ;;
            :*" 433 "*) nick=${nick}_ && send "NICK $nick" ;;
            :*" 001 "*) send "JOIN $room" ;;
            :*" 366 "*) show "* in $room as $nick" && send "PRIVMSG $room :$text" ;;
            :*" PRIVMSG "*)
                from=${line%%!*} said=${line#:*:}
                show "${from#:}: $said"
                if [ "$said" = bye ]; then send "QUIT :bye"; fi ;;
            FAIL* | :*" "[45][0-9][0-9]" "*) show "$line" ;;
            ERROR*) show "$line" && return ;;
        esac
    done
}
{ talk <"$pipe" | nc "$host" "$port" >"$pipe" || echo "$host:$port does not answer" >&2; } 3>&1
