// Talks to a teahouse with what Node.js brings; it leaves when somebody says "bye".
//   node node.mjs [HOST] [PORT] [NICK] [ROOM] [TEXT]
import { connect } from "node:net";
import { createInterface } from "node:readline";

const defaults = ["127.0.0.1", "8667", "node", "#lobby", "Hello from Node.js!"];
const given = process.argv.slice(2);
let [host, port, nick, room, text] = defaults.map((value, index) => given[index] ?? value);

const socket = connect(Number(port), host);
const send = (line) => socket.write(`${line}\r\n`);

send(`NICK ${nick}`);
send(`USER ${nick} 0 * :${nick}`);

for await (const line of createInterface({ input: socket })) {
  const [before, ...after] = line.split(" :");
  const [source, command] = before.split(" ");
  const said = after.join(" :");
  if (source === "PING") {
    send(line.replace("PING", "PONG"));
  } else if (command === "433") {
    nick += "_"; // somebody has this name already
    send(`NICK ${nick}`);
  } else if (command === "001") {
    send(`JOIN ${room}`);
  } else if (command === "366") {
    console.log(`* in ${room} as ${nick}`);
    send(`PRIVMSG ${room} :${text}`);
  } else if (command === "PRIVMSG") {
    console.log(`${source.slice(1).split("!")[0]}: ${said}`);
    if (said === "bye") send("QUIT :bye");
  } else if (source === "ERROR" || source === "FAIL" || /^[45]/.test(command)) {
    console.log(line);
  }
}
