use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION, X_CONTENT_TYPE_OPTIONS,
};

use super::*;

async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let http = Http::new(&Config::default(), Events::new());
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8667");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    http.answer(request.body(Body::empty()).unwrap(), Over::Tcp, ConnectionId(1), &Upgrade::default()).await
}

async fn body(response: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

fn header<'r>(response: &'r Response<Body>, name: &axum::http::HeaderName) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_page_is_there_with_its_type_and_its_guards() {
    let response = ask("GET", "/", &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, &CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(header(&response, &X_CONTENT_TYPE_OPTIONS), "nosniff");
    let policy = header(&response, &CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(policy.contains("connect-src 'self' ws://127.0.0.1:8667 "), "{policy}");
    let page = String::from_utf8(body(response).await).unwrap();
    assert!(page.contains("<!doctype html>") || page.contains("<!DOCTYPE html>"));
}

#[tokio::test]
async fn each_file_has_its_type() {
    for (path, content_type) in [
        ("/app.css", "text/css; charset=utf-8"),
        ("/js/main.js", "text/javascript; charset=utf-8"),
        ("/locales/en.ftl", "text/plain; charset=utf-8"),
        ("/locales/zh-CN.ftl", "text/plain; charset=utf-8"),
    ] {
        let response = ask("GET", path, &[]).await;
        assert_eq!((response.status().as_u16(), header(&response, &CONTENT_TYPE)), (200, content_type), "{path}");
    }
}

#[tokio::test]
async fn an_invitation_leads_to_the_page_and_its_code_is_not_logged() {
    let response = ask("GET", "/invite/c0de", &[]).await;
    assert_eq!((response.status().as_u16(), header(&response, &LOCATION)), (303, "../#/invite/c0de"));
    assert_eq!(header(&response, &CACHE_CONTROL), "no-store");
    for path in
        ["/invite/", "/invite/a%20b", "/invite/a/b", "/invite/%E8%8C%B6", &format!("/invite/{}", "x".repeat(65))]
    {
        assert_eq!(ask("GET", path, &[]).await.status(), 404, "{path}");
    }
    assert_eq!(
        [shown("/invite/c0de"), shown("/invite/a/b"), shown("/js/main.js")],
        ["/invite/…", "/invite/…", "/js/main.js"]
    );
}

#[tokio::test]
async fn nothing_else_is_there() {
    for path in [
        "/package.json",
        "/test/irc.test.js",
        "/js",
        "/js/",
        "/../Cargo.toml",
        "/js/../../Cargo.toml",
        "/js/%2e%2e/package.json",
        "/%2e%2e/Cargo.toml",
        "/locales/../web/index.html",
        "//etc/passwd",
        "/examples/",
    ] {
        assert_eq!(ask("GET", path, &[]).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_copy_that_is_still_good_is_not_sent_again() {
    let first = ask("GET", "/", &[]).await;
    let tag = header(&first, &ETAG).to_owned();
    let again = ask("GET", "/", &[("if-none-match", &tag)]).await;
    assert_eq!((again.status().as_u16(), header(&again, &ETAG)), (304, tag.as_str()));
    assert_eq!(body(again).await, b"");
    assert_eq!(ask("GET", "/", &[("if-none-match", "\"other\"")]).await.status(), 200);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let response = ask("HEAD", "/", &[]).await;
    assert_eq!(response.status(), 200);
    assert!(!header(&response, &ETAG).is_empty());
    assert_eq!(body(response).await, b"");
}

#[tokio::test]
async fn other_methods_are_refused() {
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let response = ask(method, "/", &[]).await;
        assert_eq!((response.status().as_u16(), header(&response, &ALLOW)), (405, "GET,HEAD"), "{method}");
    }
}

#[tokio::test]
async fn a_body_is_not_taken() {
    let http = Http::new(&Config::default(), Events::new());
    let request = Request::builder().uri("/").header("host", "localhost").body(Body::from("x")).unwrap();
    let response = http.answer(request, Over::Tcp, ConnectionId(1), &Upgrade::default()).await;
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn a_refusal_has_the_guards_too_and_says_the_remedy() {
    for (path, headers) in
        [("/", &[("origin", "http://evil.example")][..]), ("/ws", &[("origin", "null"), ("upgrade", "websocket")])]
    {
        let response = ask("GET", path, headers).await;
        assert_eq!(response.status(), 403);
        assert!(header(&response, &CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
        assert!(String::from_utf8(body(response).await).unwrap().contains("web.hosts"));
    }
}

#[tokio::test]
async fn a_websocket_is_agreed_on_at_both_paths() {
    for path in ["/", "/ws"] {
        let headers = [
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("origin", "http://127.0.0.1:8667"),
        ];
        assert_eq!(ask("GET", path, &headers).await.status(), 101, "{path}");
    }
}

#[tokio::test]
async fn the_socket_comes_back_with_everything_that_was_read_in_order() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _client = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let request = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // More than hyper reads at once, so that a part is left of what was read before hyper came.
    let follows: Vec<u8> = (0..60_000u32).map(|number| (number % 251) as u8).collect();
    let socket = Rewind::new([&request[..], &follows].concat(), Wire::Plain(stream));
    let (_stop, stopped) = watch::channel(false);

    let http = Http::new(&Config::default(), Events::new());
    let served = http.serve(socket, ConnectionId(1), stopped).await;
    let Served::WebSocket(_, framing, already_read) = served else { panic!("{served:?}") };
    assert_eq!(framing, Framing::WsText);
    assert!(already_read == follows);
}
