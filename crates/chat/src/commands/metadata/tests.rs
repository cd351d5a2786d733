use expect_test::expect;

use crate::testing::{check, check_with};

const CAPS: &str = "guest batch draft/metadata-2";

#[test]
fn subscribers_who_share_a_room_or_monitor_are_told() {
    check_with(
        &[("alice", CAPS), ("bob", CAPS), ("carol", CAPS), ("dora", CAPS), ("erin", "guest")],
        "alice: JOIN #tea | bob: JOIN #tea | dora: JOIN #tea | erin: JOIN #tea | bob: METADATA * SUB Avatar | carol: METADATA * SUB avatar | carol: MONITOR + alice || alice: METADATA * SET AVATAR :https://a.test/a.png | alice: METADATA * SET pronouns ta | alice: METADATA alice SET avatar",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            dora < BATCH +1 metadata dora
            dora < BATCH -1
            carol < BATCH +1 metadata carol
            carol < BATCH -1
            alice < 761 alice * avatar * :https://a.test/a.png
            bob < :alice METADATA alice avatar * :https://a.test/a.png
            carol < :alice METADATA alice avatar * :https://a.test/a.png
            alice < 761 alice * pronouns * :ta
            alice < 761 alice alice avatar *
            bob < :alice METADATA alice avatar *
            carol < :alice METADATA alice avatar *"#]],
    );
}

#[test]
fn what_a_room_tells_is_its_ops_matter() {
    check_with(
        &[("alice", CAPS), ("bob", CAPS)],
        "alice: JOIN #tea | bob: JOIN #tea | bob: METADATA * SUB url || bob: METADATA #tea SET url x | alice: METADATA #TEA SET url :https://tea.test | bob: METADATA #tea GET url nothing bad! | bob: METADATA #tea CLEAR | alice: METADATA #tea CLEAR | bob: METADATA #tea LIST",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            bob < FAIL METADATA KEY_NO_PERMISSION #tea url :You may not change that
            alice < 761 alice #tea url * :https://tea.test
            bob < :alice METADATA #tea url * :https://tea.test
            bob < BATCH +3 metadata #tea
            bob < @batch=3 761 bob #tea url * :https://tea.test
            bob < @batch=3 766 bob #tea nothing :Key not set
            bob < @batch=3 FAIL METADATA KEY_INVALID bad! :A key has 1 to 48 letters, digits, and characters of _.:/-
            bob < BATCH -3
            bob < FAIL METADATA KEY_NO_PERMISSION #tea * :You may not change that
            alice < BATCH +2 metadata #tea
            alice < @batch=2 761 alice #tea url *
            alice < BATCH -2
            bob < :alice METADATA #tea url *
            bob < BATCH +5 metadata #tea
            bob < BATCH -5"#]],
    );
}

#[test]
fn it_is_told_at_subscribing_at_the_door_and_on_request() {
    check_with(
        &[("alice", CAPS), ("bob", CAPS)],
        "alice: JOIN #tea | alice: METADATA #tea SET url :https://tea.test | alice: METADATA * SET avatar x | alice: METADATA * SET pronouns ta || bob: METADATA * SUB avatar url | bob: JOIN #tea | bob: METADATA * SUB pronouns | bob: METADATA #tea SYNC | bob: METADATA alice SYNC | bob: METADATA * SYNC",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            bob < 770 bob avatar url
            alice < :bob JOIN #tea
            bob < :bob JOIN #tea
            bob < 353 bob = #tea :~alice bob
            bob < 366 bob #tea :End of /NAMES list
            bob < BATCH +3 metadata #tea
            bob < @batch=3 METADATA #tea url * :https://tea.test
            bob < @batch=3 METADATA alice avatar * :x
            bob < BATCH -3
            bob < 770 bob pronouns
            bob < BATCH +4 metadata *
            bob < @batch=4 METADATA alice pronouns * :ta
            bob < BATCH -4
            bob < BATCH +5 metadata #tea
            bob < @batch=5 METADATA #tea url * :https://tea.test
            bob < @batch=5 METADATA alice avatar * :x
            bob < @batch=5 METADATA alice pronouns * :ta
            bob < BATCH -5
            bob < BATCH +6 metadata alice
            bob < @batch=6 METADATA alice avatar * :x
            bob < @batch=6 METADATA alice pronouns * :ta
            bob < BATCH -6
            bob < BATCH +7 metadata *
            bob < BATCH -7"#]],
    );
}

#[test]
fn an_accounts_lasts_and_a_guests_goes_with_it() {
    check_with(
        &[("alice", CAPS), ("bob", CAPS), ("laptop", CAPS)],
        "alice: METADATA * SET avatar x | bob: METADATA * SET avatar y | alice: REGISTER * * oolong | bob: QUIT || alice: QUIT | carol: METADATA alice LIST | carol: METADATA bob LIST | bob2: NICK bob | carol: METADATA bob LIST",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            alice < ERROR :Quit
            carol < 761 carol alice avatar * :x
            carol < FAIL METADATA INVALID_TARGET bob :There is no such person or room
            bob2 < :bob2 NICK bob"#]],
    );
}

#[test]
fn a_new_session_is_told_of_its_own_first() {
    check_with(
        &[("alice", CAPS), ("laptop", CAPS), ("phone", "batch")],
        "alice: METADATA * SET avatar x || again laptop alice | again phone alice | phone: CAP REQ draft/metadata-2",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            laptop < BATCH +1 metadata alice
            laptop < @batch=1 METADATA alice avatar * :x
            laptop < BATCH -1
            phone < CAP alice ACK :draft/metadata-2
            phone < BATCH +1 metadata alice
            phone < @batch=1 METADATA alice avatar * :x
            phone < BATCH -1"#]],
    );
}

#[test]
fn settings_are_for_ones_own_sessions() {
    check_with(
        &[("alice", CAPS), ("laptop", CAPS), ("bob", CAPS)],
        "alice: JOIN #tea | bob: JOIN #tea | again laptop alice | laptop: METADATA * SUB teahouse.internal/settings | bob: METADATA * SUB teahouse.internal/settings || alice: METADATA * SET teahouse.internal/settings :{} | bob: METADATA alice LIST | bob: METADATA alice GET teahouse.internal/settings | alice: METADATA * CLEAR | alice: METADATA * LIST",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            laptop < :alice JOIN #tea
            laptop < 353 alice = #tea :~alice bob
            laptop < 366 alice #tea :End of /NAMES list
            laptop < BATCH +1 metadata alice
            laptop < BATCH -1
            alice < 761 alice * teahouse.internal/settings private :{}
            laptop < :alice METADATA alice teahouse.internal/settings private :{}
            bob < BATCH +3 metadata alice
            bob < BATCH -3
            bob < BATCH +4 metadata alice
            bob < @batch=4 766 bob alice teahouse.internal/settings :Key not set
            bob < BATCH -4
            alice < BATCH +2 metadata *
            alice < BATCH -2
            alice < BATCH +3 metadata *
            alice < @batch=3 761 alice * teahouse.internal/settings private :{}
            alice < BATCH -3"#]],
    );
}

#[test]
fn its_setter_waits_for_the_disk_if_it_is_kept() {
    check_with(
        &[("alice", CAPS), ("bob", CAPS)],
        "alice: JOIN #tea | bob: PING 1 | hold || alice: METADATA #tea SET url x | alice: PING 2 | bob: METADATA * SET url x | bob: METADATA * CLEAR | go | alice: METADATA #tea SET url x | broken | alice: METADATA #tea SET url y | alice: METADATA #tea CLEAR",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            bob < 761 bob * url * :x
            bob < BATCH +2 metadata *
            bob < @batch=2 761 bob * url *
            bob < BATCH -2
            alice < 761 alice #tea url * :x
            alice < PONG tea.test :2
            alice < 761 alice #tea url * :x
            alice < FAIL METADATA TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later
            alice < FAIL METADATA TEMPORARILY_UNAVAILABLE #tea :The server cannot store anything at the moment; please try again later"#]],
    );
}

#[test]
fn subscriptions_are_counted_and_can_be_given_up() {
    let keys: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
    let script = keys.chunks(13).map(|keys| format!("alice: METADATA * SUB {}", keys.join(" "))).collect::<Vec<_>>();
    check_with(
        &[("alice", CAPS)],
        &format!(
            "alice: METADATA * SUBS | {} || alice: METADATA * SUB k1 k51 k2 | alice: METADATA * UNSUB k1 bad! k99 K2 | alice: METADATA * SUBS",
            script.join(" | ")
        ),
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            alice < FAIL METADATA TOO_MANY_SUBS k51 :You are subscribed to as many keys as you may
            alice < 770 alice k1
            alice < FAIL METADATA KEY_INVALID bad! :A key has 1 to 48 letters, digits, and characters of _.:/-
            alice < 771 alice k1 k99 k2
            alice < 772 alice k0 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k20 k21
            alice < 772 alice k22 k23 k24 k25 k26 k27 k28 k29 k3 k30 k31 k32 k33
            alice < 772 alice k34 k35 k36 k37 k38 k39 k4 k40 k41 k42 k43 k44 k45
            alice < 772 alice k46 k47 k48 k49 k5 k6 k7 k8 k9"#]],
    );
}

#[test]
fn a_long_list_of_keys_takes_several_lines() {
    let keys: Vec<String> = (0..9).map(|n| format!("{n}{}", "k".repeat(46))).collect();
    check_with(
        &[("alice", CAPS)],
        &format!("alice: METADATA * SUB {}", keys.join(" ")),
        expect![[r#"
        alice < BATCH +1 metadata alice
        alice < BATCH -1
        alice < 770 alice 0kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 1kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 2kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 3kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 4kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 5kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
        alice < 770 alice 6kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 7kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 8kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"#]],
    );
}

#[test]
fn how_much_one_may_tell_has_limits() {
    let sets: Vec<String> = (0..20).map(|n| format!("alice: METADATA * SET k{n} v")).collect();
    check_with(
        &[("alice", CAPS)],
        &format!(
            "{} || alice: METADATA * SET one v | alice: METADATA * SET k1 other | alice: METADATA * SET teahouse.internal/one v | alice: METADATA * SET k2 {}",
            sets.join(" | "),
            "x".repeat(301)
        ),
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            alice < FAIL METADATA LIMIT_REACHED * :There are as many keys as there may be
            alice < 761 alice * k1 * :other
            alice < 761 alice * teahouse.internal/one private :v
            alice < FAIL METADATA VALUE_INVALID :The value is too long"#]],
    );
    let (room, key) = (format!("#{}", "r".repeat(63)), "k".repeat(48));
    check_with(
        &[("alice", CAPS)],
        &format!("alice: JOIN {room} || alice: METADATA {room} SET {key} :{}", "x".repeat(300)),
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            alice < 761 alice #rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk * :xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"#]],
    );
}

#[test]
fn labels_are_answered() {
    check_with(
        &[("alice", "guest batch labeled-response draft/metadata-2")],
        "alice: METADATA * SET a b || alice: @label=1 METADATA * LIST | alice: @label=2 METADATA * SET a c | alice: @label=3 METADATA * SUB a",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            alice < @label=1 BATCH +2 labeled-response
            alice < @batch=2 BATCH +3 metadata *
            alice < @batch=3 761 alice * a * :b
            alice < @batch=2 BATCH -3
            alice < BATCH -2
            alice < @label=2 BATCH +4 labeled-response
            alice < @batch=4 761 alice * a * :c
            alice < BATCH -4
            alice < @label=3 BATCH +5 labeled-response
            alice < @batch=5 770 alice a
            alice < @batch=5 BATCH +6 metadata *
            alice < @batch=6 METADATA alice a * :c
            alice < @batch=5 BATCH -6
            alice < BATCH -5"#]],
    );
}

#[test]
fn misuse_is_answered() {
    check(
        "alice: JOIN #tea | bob: JOIN #hidden | bob: MODE #hidden +s || alice: METADATA | alice: METADATA * | alice: METADATA * NONSENSE | alice: METADATA * GET | alice: METADATA * SET | alice: METADATA * SET bad! x | alice: METADATA * SET :: x | alice: METADATA * SET none | alice: METADATA bob SET a b | alice: METADATA bob CLEAR | alice: METADATA nobody LIST | alice: METADATA #hidden LIST | alice: METADATA #none SYNC | alice: METADATA a,b LIST | alice: METADATA * SUB | alice: METADATA * UNSUB",
        expect![[r#"
            alice < 461 alice METADATA :Not enough parameters
            alice < 461 alice METADATA :Not enough parameters
            alice < FAIL METADATA SUBCOMMAND_INVALID NONSENSE :There is GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS and SYNC
            alice < 461 alice METADATA :Not enough parameters
            alice < 461 alice METADATA :Not enough parameters
            alice < FAIL METADATA KEY_INVALID bad! :A key has 1 to 48 letters, digits, and characters of _.:/-
            alice < FAIL METADATA KEY_INVALID * :A key has 1 to 48 letters, digits, and characters of _.:/-
            alice < 766 alice * none :Key not set
            alice < FAIL METADATA KEY_NO_PERMISSION bob a :You may not change that
            alice < FAIL METADATA KEY_NO_PERMISSION bob * :You may not change that
            alice < FAIL METADATA INVALID_TARGET nobody :There is no such person or room
            alice < FAIL METADATA INVALID_TARGET #hidden :There is no such person or room
            alice < FAIL METADATA INVALID_TARGET #none :There is no such person or room
            alice < FAIL METADATA INVALID_TARGET a,b :There is no such person or room
            alice < 461 alice METADATA :Not enough parameters
            alice < 461 alice METADATA :Not enough parameters"#]],
    );
}

#[test]
fn what_is_changed_too_often_is_refused_for_a_while() {
    let sets = (0..60).map(|n| format!("alice: METADATA * SET color :{n}")).collect::<Vec<_>>().join(" | ");
    check_with(
        &[("alice", "draft/metadata-2 batch")],
        &format!(
            "{sets} || alice: METADATA * SET color :red | wait 59s | alice: METADATA * SET color :red | wait 1s | alice: METADATA * SET color :red"
        ),
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            alice < FAIL METADATA RATE_LIMITED * color 60 * :That is changed too often; wait a little
            alice < FAIL METADATA RATE_LIMITED * color 1 * :That is changed too often; wait a little
            alice < 761 alice * color * :red"#]],
    );
}

#[test]
fn whoever_comes_in_is_introduced_to_those_who_subscribe() {
    check_with(
        &[("alice", CAPS), ("bob", CAPS), ("carol", CAPS)],
        "alice: METADATA * SET color #44683f | alice: METADATA * SET teahouse.internal/theme dark | alice: METADATA * SET pronouns ta | bob: JOIN #tea | carol: JOIN #tea | bob: METADATA * SUB color teahouse.internal/theme || alice: JOIN #tea | alice: PART #tea | alice: METADATA * SET color | alice: JOIN #tea",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            carol < BATCH +1 metadata carol
            carol < BATCH -1
            alice < :alice JOIN #tea
            alice < 353 alice = #tea :alice ~bob carol
            alice < 366 alice #tea :End of /NAMES list
            bob < :alice JOIN #tea
            bob < :alice METADATA alice color * :#44683f
            carol < :alice JOIN #tea
            alice < :alice PART #tea
            bob < :alice PART #tea
            carol < :alice PART #tea
            alice < 761 alice * color *
            alice < :alice JOIN #tea
            alice < 353 alice = #tea :alice ~bob carol
            alice < 366 alice #tea :End of /NAMES list
            bob < :alice JOIN #tea
            carol < :alice JOIN #tea"#]],
    );
}

#[test]
fn whoever_logs_in_later_is_shown_as_its_account_and_no_more_as_the_guest() {
    check_with(
        &[("ann", "draft/metadata-2"), ("alice", CAPS), ("bob", CAPS), ("carol", CAPS), ("dave", CAPS)],
        "ann: REGISTER * * oolong | ann: METADATA * SET color :#00f | ann: METADATA * SET avatar :x | ann: METADATA * SET teahouse.internal/settings dark | ann: QUIT | alice: METADATA * SET color :#f00 | alice: METADATA * SET pronouns ta | alice: METADATA * SET avatar :x | alice: JOIN #tea | bob: JOIN #tea | bob: METADATA * SUB color pronouns avatar teahouse.internal/settings | carol: JOIN #tea | carol: METADATA * SUB pronouns | dave: METADATA * SUB color | dave: MONITOR + ann | alice: METADATA * SUB color teahouse.internal/settings || alice: NS IDENTIFY ann oolong | bob: METADATA ann LIST",
        expect![[r#"
            alice < BATCH +1 metadata alice
            alice < BATCH -1
            bob < BATCH +1 metadata bob
            bob < BATCH -1
            carol < BATCH +1 metadata carol
            carol < BATCH -1
            dave < BATCH +1 metadata dave
            dave < BATCH -1
            alice < :alice NICK ann
            alice < :ann!account@tea.test METADATA ann color * :#00f
            alice < :ann!account@tea.test METADATA ann teahouse.internal/settings private :dark
            alice < 900 ann ann!account@tea.test ann :You are now logged in as ann
            alice < :NickServ!services@tea.test NOTICE ann :You are logged in
            bob < :alice NICK ann
            bob < :ann!account@tea.test METADATA ann color * :#00f
            bob < :ann!account@tea.test METADATA ann pronouns *
            carol < :alice NICK ann
            carol < :ann!account@tea.test METADATA ann pronouns *
            dave < 730 dave :ann
            dave < :ann METADATA ann color * :#00f
            bob < BATCH +3 metadata ann
            bob < @batch=3 761 bob ann avatar * :x
            bob < @batch=3 761 bob ann color * :#00f
            bob < BATCH -3"#]],
    );
}
