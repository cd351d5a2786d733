# 网页和桌面窗口里给人看的文字。不带前缀的条目两边共用。

app-name = 茶馆
tagline = 进来坐，聊聊天。
language = 语言

## 进门

your-name = 你的名字
name-placeholder = 怎么称呼你？
enter = 进来坐
password = 这家茶馆的口令
password-needed = 这家茶馆要口令才能进。

## 自己的名字

keep-name = 保留这个名字
keep-name-explained = 设一个密码，{ $name } 这个名字就归你了：别人不能再用，你在任何设备上都能用它进来，回到原来的房间。
new-password = 设一个密码
own-password = 你的密码
password-rule = 至少 6 个字符，不能和名字一样。
show-password = 显示
stay-logged-in = 在这台设备上保持登录
stay-explained = 请只在没有别人使用的浏览器上这样做。密码本身不会保存。
not-private = 这个连接不是私密的：同一网络里的人可能看到你在这里输入的内容。请用一个别处没用过的密码。
log-in = 登录
log-out = 退出登录
come-as-owner = 我有密码
come-as-guest = 不用密码，直接进来
come-with-new-name = 取个自己的名字进来
have-a-name = 已经有自己的名字了？
your-account = 你的账号
name-is-yours = { $name } 这个名字是你的。在任何设备上，用它和密码就能登录。
account-made = { $name } 这个名字现在归你了。在任何设备上，用它和密码就能登录。
name-taken = { $name } 这个名字是别人的，所以你在这里叫 { $nick }。如果它是你的，请登录。
change-password = 修改密码
current-password = 现在的密码
next-password = 新密码
password-changed = 密码已经改好。你的其他设备下次连接时会问新密码。
end-account = 注销账号
end-account-explained = 注销以后，{ $name } 这个名字别人就可以用了，你的房间不再归任何人。你和某个人单独说过的话，双方的都会删除；你在房间里说过的话会留下。注销后无法恢复。
end-account-go = 永久注销
account-ended = 账号 { $name } 已经注销，这个浏览器也不再记得它。
one-moment = 请稍等…
profile = 别人看到的你
display-name = 显示在旁边的名字
pronouns = 人称代词
own-colour = 用我自己的颜色
colour = 颜色
is-own-name = 这个名字是自己的
you-run-it = 这家茶馆由你管理。
invite = 邀请别人
invitation = 发给对方的链接
invitation-explained = 7 天之内，第一个打开它的人可以在这里保留一个名字，凭邀请才能保留时也行。
link-claim = 这个链接让你来管理这家茶馆，不过要先有自己的名字：设个密码保留现在的名字，或者登录。
link-invite = 你收到了邀请：取个名字，设个密码，名字就归你了。
claimed = 现在由你管理这家茶馆了。
close = 关闭

## 房间和人

rooms = 房间
talks = 私聊
join-room = 加入房间
room-placeholder = 房间名
join = 加入
join-this = 加入 { $place }
leave-room = 离开这个房间
close-talk = 关闭这段私聊
people = 在座的人
people-count = { $count } 人
talk-to = 和 { $name } 私聊
you = 你
unread = { $count } 条新消息
unsent = { $count } 条消息没有发出
no-room = 你还不在任何房间里，先加入一个吧。
topic = 话题
no-topic = 还没有话题
change-topic = 修改话题
change-name = 改名
save = 保存
cancel = 取消
leave = 离开
leave-teahouse = 离开茶馆

## 消息

messages = 消息
message-to = 发给 { $place } 的消息
write-here = 写给 { $place }
send = 发送
pending = 正在发送…
failed-refused = 茶馆没有收下这条消息
failed-unknown = 连接断了，不知道对方有没有收到
failed-held = 这是这个名字更换密码之前留在这里的：是你写的才重新发送
send-again = 重新发送
discard = 不发了
fate-waiting = 等待发送
fate-sent = 已发出，还没有保存好
fate-stored = 已保存
sent-later = 现在没有连接：写下的消息会在连上以后发出去。
outbox-full = 等着发送的消息太多，存不下了。你写的还在输入框里，等连上以后再发。
message-actions = 对这条消息的操作
react-with = 用 { $reaction } 回应
reaction = { $people } 回应了 { $reaction }
answer = 回复
answering = 回复 { $name }：
answer-not = 取消回复
answered-elsewhere = 回复了一条没有载入的消息
take-back = 撤回
take-back-sure = 撤回这条消息？
take-back-explained = 撤回后，这里再也找不到它，也无法恢复。
edit = 编辑
edited = （已编辑）
editing = 正在编辑：
edit-not = 取消编辑
pin = 置顶
unpin = 取消置顶
pins = 置顶消息
pins-count = { $count } 条置顶消息
pins-fetching = 正在读取…
pins-not-now = 现在读取不了。
pins-full = 这里已经置顶了 { $count } 条消息，不能再多了：先取消一条。
pins-back = 回到置顶消息
search = 搜索
search-words = 词语，或者"一句话"
search-go = 查找
search-here = 只在 { $place } 里
search-from = 谁说的
search-after = 从哪天起
search-before = 到哪天为止
search-links = 带链接的
search-found = 找到的消息
search-around = 看前后文
search-running = 正在查找…
search-nothing = 没有找到
search-older = 更早的
search-back = 回到找到的消息
search-go-to = 去 { $place }
search-context = 前后文
nothing-said = 这里还没有人说话。
beginning = 一切从这里开始。
loading-older = 正在翻看更早的消息…
new-messages = 新消息
new-below = 下面有 { $count } 条新消息
to-newest = 回到最新
today = 今天
yesterday = 昨天
notice-from = 通知
not-here = 对方已经离开了。
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
not-sent = 现在没有连接，刚才的操作没有生效。等连上以后再试一次。
caught-up =
    你离开了 { $away }，{ $count ->
        [0] 这期间没有人说话
       *[other] 补上了 { $count } 条消息
    }。
away-seconds = { $n } 秒
away-minutes = { $n } 分钟
away-hours = { $n } 小时
dismiss = 知道了
connection = 连接
notes = 提示

## 服务器说的话，按代码；$about 是所说的名字，$by 是谁做的，$why 是他们的话

server-401 = 这里没有叫 { $about } 的人。
server-403 = 没有 { $about } 这个房间。
server-404 = 你不在 { $about } 里，不能在那里说话。
server-404-accounts = 只有名字归自己的人才能在 { $about } 里发言。请设密码保留你的名字，或者登录。
server-404-banned = 你被 { $about } 封禁了：可以看，不能发言。
server-404-inside = { $about } 现在不接收你写的内容。
server-404-moderated = { $about } 的发言受管理：只有管理它的人允许的人才能发言。
server-405 = 你所在的房间已到上限：离开一个，才能进 { $about }。
server-417 = 这条消息太长了。
server-421 = 服务器不认识 { $about } 这个命令。
server-432 = “{ $about }”不能用作名字。
server-433 = “{ $about }”这个名字已经有人用了。
server-442 = 你不在 { $about } 里。
server-464 = 口令不对。
server-471 = { $about } 已经坐满了。
server-473 = { $about } 只接待受邀的人：请里面的人邀请你。
server-474 = 你被禁止进入 { $about }。
server-475 = 进 { $about } 要有钥匙。
server-477 = 只有名字归自己的人才能进入 { $about }。请设密码保留你的名字，或者登录。
server-482 = 你在 { $about } 的级别不够，不能这样做。
server-902 = 需要由别人来替你登录。
server-904 = 名字和密码对不上。
server-905 = 密码太长了。
server-906 = 没能登录：密码改过了，或者这个账号换了名字，或者账号已经没有了。请用现在的名字和密码登录，或者问管理茶馆的人。
server-908 = 这家茶馆不能保留名字。
server-not-private = 别人可能在半路上读到你的密码。请用 ircs:// 或 wss:// 开头的地址。
server-not-the-server = 服务器没有证明它就是知道你密码的那一台。
server-registration-unknown = 还没等到回答连接就断了：{ $about } 这个名字也许已经归你了，登录试试。
server-suspended = 这个名字已被停用：请联系管理茶馆的人。
server-account-exists = { $about } 这个名字是别人的，请换一个。
server-account-name-must-be-nick = 只能保留你现在用的名字。
server-account-required = 请先设个密码保留你的名字，或者登录。
server-already-authenticated = 你已经登录了。
server-answer-lost = 还没等到回答，连接就断了，不知道办成没有。等连上以后再看看。
server-bad-account-name = “{ $about }”不能用作名字。
server-claim-used = 这个链接已经用过，或者超过了一天。开茶馆的人可以再给一个。
server-guests-not-admitted = 有自己名字的人才能进来：请登录，或者取个新名字、设个密码。
server-invalid-code = 邀请已经用过，或者太旧了。请再要一个。
server-invalid-credentials = 现在的密码不对。
server-invitation-required = 这里凭邀请才能保留名字：请打开别人发给你的链接，或者要一个。
server-need-nick = 请先取个名字。
server-nickname-is-account = 你已登录，只能改变名字的大小写。
server-not-connected = 现在没有连接，等连上以后再试一次。
server-not-done = 还没办成，连接就断了，什么都没有改变。请再试一次。
server-owned-elsewhere = 你在另一个标签页保留了这个名字：请用它的密码登录。
server-password-no-word = 新密码在这里不能有空格，也不能以冒号开头。
server-password-not-changed = 密码没有改成：连接先断了。请再试一次。
server-registration-closed = 这里不再让新人保留名字；管理茶馆的人可以给你一个。
server-unacceptable-email = 茶馆不需要地址。
server-unacceptable-password = 这不能用作密码：太长了，或者里面有打不出来的符号。
server-weak-password = 这个密码太简单：至少 6 个字符，不能和名字一样。
server-invite = { $by }请你到 { $about } 来坐。
server-shutting-down = 茶馆打烊了。
server-kick = { $by }把你请出了 { $about }。
server-kick-why = { $by }把你请出了 { $about }：{ $why }
server-pins-unknown = 服务器还没说这里置顶了哪些消息，请稍后再试。
server-temporarily-unavailable = 服务器暂时没法保存内容，请稍后再试。
server-invalid-token = 这里已经不认得你了，你现在是新客人。
server-redact-forbidden = 你不能撤回这条消息。
server-edit-forbidden = 你不能编辑这条消息。
server-unknown-msgid = 这条消息已经不在了。
server-invalid-edit = 消息不能改成这样。
server-invalid-reaction = 不能这样回应。
server-too-many-reactions = 这条消息的回应已满，不能再加了。
server-key-no-permission = 你在 { $about } 的级别不够，不能这样做。
server-rate-limited = 操作太频繁了，请稍等。
server-invalid-target = 在 { $about } 不能这样做。

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
command-help-rename = /rename 名字 – 给这个房间改名
command-help-name = /name 新名字 – 改名
command-help-slash = //内容 – 发送以斜杠开头的内容

## 仅网页

page-skip = 跳到消息
page-menu-rooms = 显示房间
page-menu-people = 显示在座的人
page-title-unread = （{ $count }）{ app-name }

## 套接字面板：看看线路上发生了什么

socket-panel = 套接字面板
socket-toggle = 套接字
socket-show = 显示套接字面板
socket-hide = 隐藏套接字面板
socket-url = 地址
socket-ready-state = readyState
socket-buffered = bufferedAmount
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

## 只用于桌面聊天窗口

desktop-server = 服务器
desktop-host-here = 在这里开一间茶馆
desktop-offline = 没有连接：{ $reason }
desktop-nobody-listens = { $address } 没有程序在听：服务器开着吗？
desktop-no-answer = { $address } 没有回答
desktop-no-way-there = 连不上 { $address }（{ $why }）
desktop-closed = 服务器关闭了连接
desktop-lost = 连接断了（{ $why }）
desktop-silent = 服务器没有回答
desktop-earlier = 更早的消息
desktop-help-keys = 按键：Alt+↑ 到最后一条消息，↑ 和 ↓ 到其他消息，回车打开对它的操作。
desktop-light = 浅色
desktop-dark = 深色
desktop-copy = 复制文字
desktop-talk = 交谈
desktop-talk-person = 与一个人交谈
desktop-talk-hint = 名字
desktop-bad-server = “{ $server }”不是服务器地址：请写 irc://127.0.0.1:8667 或 wss://chat.example.org 这样的地址。
desktop-name-too-long = “{ $name }”作为名字太长了：最多 32 个字母，或 10 个汉字。
desktop-name-forbidden = “{ $name }”不能当名字：请不要用空格和 , * ? ! @ . 这类符号，也不要以 # 或 & 开头。
desktop-host-failed = 主持窗口打不开：{ $why }
desktop-account-ended = 账号 { $name } 已经注销，这个窗口也不再记得它。
desktop-held = 有 { $count } 条消息请过目
desktop-held-title = 写在这里、还没有发出的
desktop-held-explained = 这些消息放了很久，或者是这个名字更换密码之前写的。是你写的才发送。
desktop-held-to = 给 { $place }

## 只用于主持窗口

host-title = 开一间茶馆
host-address = 地址
host-port = 端口
host-start = 启动
host-stop = 停止
host-state-stopped = 未运行
host-state-starting = 正在启动……
host-state-running = 运行中
host-state-stopping = 正在与大家告别……
host-page-at = 用浏览器打开：
host-or-irc = 或用 IRC 程序连接
host-data = 保存在 { $directory }
host-bad-address = “{ $address }”不是地址：请写 IP 地址，例如 127.0.0.1；写 0.0.0.0 表示本机所有地址。
host-bad-port = “{ $port }”不是端口：请写 0 到 65535 之间的数字。
host-port-taken = { $address } 的端口 { $port } 已被占用：另一个程序正在那里监听，也许是另一间茶馆。请停掉它，或换一个端口。
host-not-our-address = 本机没有地址 { $address }：请写本机拥有的地址，例如 127.0.0.1；写 0.0.0.0 表示所有地址。
host-port-forbidden = 系统不允许使用端口 { $port }：请选择 1024 或更大的端口。
host-announcement-too-long = 这一行太长，无法宣布：请说短一些，或分成几行。
host-clients = { $count ->
    [0] 已连接
   *[other] 已连接（{ $count }）
  }
host-no-clients = 还没有人。通过网页、WebSocket 或原始套接字连进来的人会列在这里。
host-no-name = 还没有名字
host-since = { $time } 起
host-door-socket = 原始套接字
host-door-websocket = WebSocket
host-door-page = 网页（HTTP）
host-door-unknown = 尚不知道
host-doors-any = 所有入口
host-doors-irc = 只接受原始套接字
host-doors-web = 只接受网页和 WebSocket
host-log = 实时日志
host-log-hold = 暂停滚动
host-log-go-on = { $count ->
    [0] 继续
   *[other] 继续（{ $count } 行新内容）
  }
host-log-listening = 监听：{ $address }，{ $doors }
host-log-accepted = 接受连接：{ $address } 连到 { $listener }
host-log-door = 入口：{ $door }
host-log-request = HTTP：{ $method } { $path } → { $status }
host-log-upgraded = 升级为 WebSocket：Key { $key } → Accept { $accept }，子协议 { $subprotocol }
host-log-no-subprotocol = 无
host-log-registered = 名字是 { $name }
host-log-renamed = 改名为 { $name }
host-log-line-in = 收到 { $count } 字节
host-log-line-out = 发出 { $count } 字节
host-log-frame = 操作码 { $opcode }，{ $mask }
host-log-masked = 有掩码
host-log-unmasked = 无掩码
host-log-closed = 关闭：{ $reason }
host-log-announced = 向所有人宣布：{ $text }
host-log-stopping = 向所有人告别，关闭入口
host-log-missed = 有 { $count } 个事件来得太快，没有显示
host-announce = 宣布
host-announce-line = 公告
host-announce-hint = 对所有连接的人说一句话
