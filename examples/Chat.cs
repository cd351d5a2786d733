// Talks to a teahouse with C# 5 and TcpClient; it leaves when somebody says "bye".
//   csc Chat.cs && Chat.exe [HOST] [PORT] [NICK] [ROOM] [TEXT]      (csc.exe is part of every Windows; or: mcs Chat.cs && mono Chat.exe)
using System;
using System.IO;
using System.Net.Sockets;
using System.Text;

static class Chat
{
    static void Main(string[] given)
    {
        string[] a = { "127.0.0.1", "8667", "csharp", "#lobby", "Hello from C#!" };
        given.CopyTo(a, 0);
        string nick = a[2], room = a[3], text = a[4];
        UTF8Encoding utf8 = new UTF8Encoding(false); // no byte order mark: the server takes it for a part of the first line
        Console.OutputEncoding = utf8;

        NetworkStream stream = new TcpClient(a[0], int.Parse(a[1])).GetStream();
        StreamReader reader = new StreamReader(stream, utf8);
        StreamWriter writer = new StreamWriter(stream, utf8) { AutoFlush = true, NewLine = "\r\n" };
        writer.WriteLine("NICK " + nick);
        writer.WriteLine("USER " + nick + " 0 * :" + nick);
        for (string line = reader.ReadLine(); line != null; line = reader.ReadLine())
        {
            string[] parts = line.Split(new[] { " :" }, 2, StringSplitOptions.None);
            string[] words = (parts[0] + " ").Split(' ');
            string source = words[0], command = words[1], said = parts.Length > 1 ? parts[1] : "";
            if (source == "PING") writer.WriteLine("PONG" + line.Substring(4));
            else if (command == "433") writer.WriteLine("NICK " + (nick += "_")); // somebody has this name already
            else if (command == "001") writer.WriteLine("JOIN " + room);
            else if (command == "366")
            {
                Console.WriteLine("* in " + room + " as " + nick);
                writer.WriteLine("PRIVMSG " + room + " :" + text);
            }
            else if (command == "PRIVMSG" && said == "bye") writer.WriteLine("QUIT :bye");
            else if (command == "PRIVMSG") Console.WriteLine(source.Substring(1).Split('!')[0] + ": " + said);
            else if (source == "ERROR" || source == "FAIL" || command.StartsWith("4")) Console.WriteLine(line);
        }
    }
}
