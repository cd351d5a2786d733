# 网页和桌面窗口里给人看的文字。不带前缀的条目两边共用。

app-name = 茶馆
tagline = 进来坐，聊聊天。
language = 语言

## 进门

your-name = 你的名字
name-placeholder = 怎么称呼你？
enter = 进来坐
name-refused = 这里不能用“{ $name }”这个名字：{ $why }
password = 这家茶馆的口令

## 房间和人

rooms = 房间
talks = 私聊
join-room = 加入房间
room-placeholder = 房间名
join = 加入
leave-room = 离开这个房间
close-talk = 关闭这段私聊
people = 在座的人
people-count = { $count } 人
talk-to = 和 { $name } 私聊
you = 你
unread = { $count } 条新消息
no-room = 你还不在任何房间里，先加入一个吧。
topic = 话题
no-topic = 还没有话题
change-topic = 修改话题
change-name = 改名
save = 保存
cancel = 取消
leave = 离开

## 消息

messages = 消息
message-to = 发给 { $place } 的消息
write-here = 在 { $place } 说点什么
send = 发送
pending = 正在发送…
failed-refused = 茶馆没有收下这条消息
failed-unknown = 连接断了，不知道对方有没有收到
send-again = 重新发送
nothing-said = 这里还没有人说话。
beginning = 一切从这里开始。
loading-older = 正在翻看更早的消息…
new-messages = 新消息
new-below = 下面有 { $count } 条新消息
to-newest = 回到最新
today = 今天
yesterday = 昨天
notice-from = 通知
not-joined = 你现在不在这个房间里。

## 连接

state-offline = 未连接
state-connecting = 正在连接…
state-registering = 正在入座…
state-online = 已连接
retry-in =
    { $seconds ->
        [0] 正在重试
       *[other] { $seconds } 秒后重试
    }
retry-now = 马上重试
caught-up =
    你离开了 { $away }，{ $count ->
        [0] 这期间没有人说话
       *[other] 补上了 { $count } 条消息
    }。
away-seconds = { $n } 秒
away-minutes = { $n } 分钟
away-hours = { $n } 小时
dismiss = 关闭

## 斜杠命令

command-unknown = 没有 /{ $command } 这个命令。输入 /help 看看有哪些。
command-missing = /{ $command } 后面还要写点东西。输入 /help 看看用法。
command-only-room = /{ $command } 只能在房间里用。
command-help = 命令：
command-help-me = /me 笑了笑 – 说说你在做什么
command-help-join = /join 房间名 – 加入房间
command-help-leave = /leave – 离开这个房间，或关闭这段私聊
command-help-msg = /msg 名字 内容 – 和一个人私聊
command-help-topic = /topic 内容 – 修改这个房间的话题
command-help-name = /name 新名字 – 改名
command-help-slash = //内容 – 发送以斜杠开头的内容

## 仅网页

page-skip = 跳到消息
page-menu-rooms = 显示房间
page-menu-people = 显示在座的人
page-no-script = 这个页面需要 JavaScript。
page-title-unread = （{ $count }）{ app-name }
page-cannot-load = 页面没有加载完整：{ $why }

## 套接字面板：看看线路上发生了什么

socket-panel = 套接字面板
socket-show = 显示套接字面板
socket-hide = 隐藏套接字面板
socket-intro = 这个页面和服务器之间说的每一句话。
socket-url = 地址
socket-ready-state = readyState
socket-buffered = bufferedAmount
socket-buffered-bytes = { $bytes } 字节
socket-protocol = 子协议
socket-counts = 发出 { $out } 行，收到 { $in } 行
socket-close = 关闭连接
socket-close-hint = 调用 close()。页面会自己重新连接。
socket-open = 连接
socket-line = 要发送的一行
socket-line-placeholder = 例如：PING hello
socket-send = 发送这一行
socket-clear = 清空
socket-not-open = 套接字没有打开，这一行没有发出去。
socket-log = 套接字记录
socket-direction-in = 收到
socket-direction-out = 发出
socket-bytes = { $bytes } 字节
socket-event-connecting = new WebSocket({ $url })
socket-event-open = open – 连接建立了
socket-event-open-protocol = open – 连接建立了，子协议是 { $protocol }
socket-event-error = error – 浏览器只说出错了，原因看 close
socket-event-close = close { $code } – { $why }
socket-event-close-reason = close { $code } – { $why }：“{ $reason }”
socket-code-1000 = 正常结束
socket-code-1001 = 对方要走了
socket-code-1002 = 违反了协议
socket-code-1003 = 不接受的数据类型
socket-code-1005 = 结束了，没有给代码
socket-code-1006 = 没有道别就断了
socket-code-1007 = 数据与声明的不符
socket-code-1008 = 违反了服务器的规定
socket-code-1009 = 消息太大
socket-code-1010 = 缺少扩展
socket-code-1011 = 服务器出错了
socket-code-1012 = 服务器正在重启
socket-code-1013 = 服务器太忙，请稍后再试
socket-code-1015 = TLS 握手失败
socket-code-other = 程序自定的代码
