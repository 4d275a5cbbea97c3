//! Which of several servers of one model is asked. No clock, no network: time is passed in.

use crate::prefixes::{Prefixes, Servers, digests};
use deliberate_lm::Token;
use std::time::{Duration, Instant};

/// Servers of one model, at most.
pub(crate) const MOST: usize = 64;

/// Failures in a row after which a server is left alone.
const FAILURES: u32 = 4;
/// For how long at first; twice as long after each further one.
const FIRST: Duration = Duration::from_millis(500);
/// Longest pause.
const LONGEST: Duration = Duration::from_secs(30);
/// Calls that a server which holds a prompt's prefix may have under way more than the least busy one.
const LEAD: usize = 4;

/// The servers of one model, and what is known of them.
#[derive(Debug)]
pub(crate) struct Routes {
    servers: Vec<Server>,
    prefixes: Prefixes,
}

#[derive(Debug, Clone, Default)]
struct Server {
    /// Calls.
    under_way: usize,
    /// In a row.
    failures: u32,
    /// It failed too often, and is left alone.
    broken_until: Option<Instant>,
    /// A call tries whether it is well again.
    tried: bool,
    /// It wants to be left alone.
    unwilling_until: Option<Instant>,
}

/// Who is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Server(usize),
    /// All of them rest for so long.
    Later(Duration),
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With an answer, which may be a refusal.
    Answered,
    /// Without one that is worth anything.
    Failed,
    /// Nobody waits for it any more.
    Left,
}

impl Server {
    /// For how long it is left alone.
    fn rest(&self, now: Instant) -> Option<Duration> {
        let until = self.broken_until.max(self.unwilling_until)?;
        Some(until.saturating_duration_since(now)).filter(|rest| !rest.is_zero())
    }

    fn broken(&self) -> bool {
        self.failures >= FAILURES
    }

    fn pause(&self) -> Duration {
        let doubled = self.failures.saturating_sub(FAILURES).min(16);
        (FIRST * 2_u32.pow(doubled)).min(LONGEST)
    }
}

impl Routes {
    pub(crate) fn new(servers: usize) -> Self {
        Self { servers: vec![Server::default(); servers], prefixes: Prefixes::default() }
    }

    /// Who gets a call with this prompt, which is then under way: a server that holds the longest prefix of it, unless it has
    /// much more to do than others; among equals the least busy one. `failed` has just failed in it, and gets it again only
    /// where there is nobody else.
    pub(crate) fn choose(&mut self, prompt: &[Token], failed: Option<usize>, now: Instant) -> Choice {
        let awake = self.only(|_, server| server.rest(now).is_none());
        let others = awake & !failed.map_or(0, |failed| 1 << failed);
        let able = if others == 0 { awake } else { others };
        let Some(idlest) = self.least_busy(able) else {
            let rests = self.servers.iter().filter_map(|server| server.rest(now));
            return Choice::Later(rests.min().unwrap_or(FIRST));
        };
        let digests = digests(prompt);
        let holder = self.least_busy(self.prefixes.holders(&digests, able));
        let bound = self.servers[idlest].under_way + LEAD;
        let chosen = holder.filter(|&holder| self.servers[holder].under_way < bound).unwrap_or(idlest);
        self.prefixes.sent(&digests, chosen);
        let server = &mut self.servers[chosen];
        server.under_way += 1;
        if server.broken() {
            // This call tries it; the next one does if nothing comes of this one for another pause.
            (server.tried, server.broken_until) = (true, Some(now + server.pause()));
        }
        Choice::Server(chosen)
    }

    /// Takes down how a call ended, and for how long its server wants to be left alone.
    pub(crate) fn end(&mut self, server: usize, end: End, wanted: Option<Duration>, now: Instant) {
        let server = &mut self.servers[server];
        server.under_way -= 1;
        match end {
            End::Left => {}
            End::Answered => (server.failures, server.broken_until) = (0, None),
            // One that was under way when the server broke says nothing new.
            End::Failed if server.broken() && !server.tried => {}
            End::Failed => {
                (server.failures, server.tried) = (server.failures.saturating_add(1), false);
                if server.broken() {
                    server.broken_until = Some(now + server.pause());
                }
            }
        }
        server.unwilling_until = server.unwilling_until.max(wanted.map(|wanted| now + wanted));
    }

    /// Whether a server came to rest since it was chosen.
    pub(crate) fn rests(&self, server: usize, now: Instant) -> bool {
        self.servers[server].rest(now).is_some()
    }

    fn only(&self, kept: impl Fn(usize, &Server) -> bool) -> Servers {
        let all = self.servers.iter().enumerate();
        all.filter(|(index, server)| kept(*index, server)).fold(0, |set, (index, _)| set | 1 << index)
    }

    fn least_busy(&self, among: Servers) -> Option<usize> {
        let indices = (0..self.servers.len()).filter(|index| among >> index & 1 == 1);
        indices.min_by_key(|&index| self.servers[index].under_way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn started() -> Instant {
        Instant::now()
    }

    fn prompt(first: Token, length: Token) -> Vec<Token> {
        (first..first + length).collect()
    }

    #[test]
    fn children_go_where_their_parent_went_and_others_to_the_least_busy() {
        let (mut routes, now) = (Routes::new(3), started());
        let mut choose = |prompt: &[Token]| routes.choose(prompt, None, now);
        let [one, two] = [prompt(0, 200), prompt(1000, 200)];
        assert_eq!(choose(&one[..100]), Choice::Server(0));
        assert_eq!(choose(&two[..100]), Choice::Server(1));
        assert_eq!(choose(&[]), Choice::Server(2));
        for _ in 0..3 {
            assert_eq!(choose(&one), Choice::Server(0));
            assert_eq!(choose(&two), Choice::Server(1));
        }
        // So much busier than the third that its prefix is evaluated once more, which then holds it, too.
        routes.end(2, End::Answered, None, now);
        assert_eq!(routes.choose(&one, None, now), Choice::Server(2));
        assert_eq!(routes.choose(&one, None, now), Choice::Server(2));
    }

    #[test]
    fn what_failed_goes_to_another_as_long_as_there_is_one() {
        let (mut routes, now) = (Routes::new(2), started());
        let prompt = prompt(0, 64);
        assert_eq!(routes.choose(&prompt, None, now), Choice::Server(0));
        routes.end(0, End::Failed, None, now);
        assert_eq!(routes.choose(&prompt, Some(0), now), Choice::Server(1));
        routes.end(1, End::Answered, Some(Duration::from_secs(9)), now);
        assert_eq!(
            routes.choose(&prompt, Some(0), now),
            Choice::Server(0),
            "the other wants to be left alone"
        );
    }

    #[test]
    fn a_broken_server_is_tried_by_one_call_after_pauses_that_grow() {
        let (mut routes, mut now) = (Routes::new(1), started());
        // Ten that were under way together are one reason to leave it alone.
        (0..10).for_each(|_| assert_eq!(routes.choose(&[], None, now), Choice::Server(0)));
        (0..10).for_each(|_| routes.end(0, End::Failed, None, now));
        for pause in [FIRST, FIRST * 2, FIRST * 4, FIRST * 8] {
            assert_eq!(routes.choose(&[], None, now), Choice::Later(pause));
            now += pause;
            assert_eq!(routes.choose(&[], None, now), Choice::Server(0));
            assert!(matches!(routes.choose(&[], None, now), Choice::Later(_)), "one call tries it");
            routes.end(0, End::Failed, None, now);
        }
        now += LONGEST;
        assert_eq!(routes.choose(&[], None, now), Choice::Server(0));
        routes.end(0, End::Answered, None, now);
        assert_eq!(routes.choose(&[], None, now), Choice::Server(0), "it is well again");
        assert_eq!(routes.choose(&[], None, now), Choice::Server(0));
    }

    #[test]
    fn a_server_that_wants_to_be_left_alone_is_and_another_s_answer_does_not_change_that() {
        let (mut routes, now) = (Routes::new(1), started());
        (0..2).for_each(|_| assert_eq!(routes.choose(&[], None, now), Choice::Server(0)));
        let wanted = Duration::from_secs(20);
        routes.end(0, End::Answered, Some(wanted), now);
        routes.end(0, End::Answered, None, now);
        assert!(routes.rests(0, now));
        assert_eq!(routes.choose(&[], None, now), Choice::Later(wanted));
        assert_eq!(routes.choose(&[], None, now + wanted), Choice::Server(0));
    }

    /// What happens to the servers, by chance.
    #[derive(Debug, Clone)]
    enum Event {
        Call { prompt: Token, failed: Option<usize> },
        End { which: usize, end: End, wanted: Option<u64> },
        Time(u64),
    }

    fn event() -> impl Strategy<Value = Event> {
        let end = prop_oneof![Just(End::Answered), Just(End::Failed), Just(End::Left)];
        prop_oneof![
            3 => (0..6_u32, proptest::option::of(0..4_usize))
                .prop_map(|(prompt, failed)| Event::Call { prompt, failed }),
            3 => (0..64_usize, end, proptest::option::weighted(0.1, 0..40_000_u64))
                .prop_map(|(which, end, wanted)| Event::End { which, end, wanted }),
            1 => (0..20_000_u64).prop_map(Event::Time),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_calls_are_counted_rests_are_kept_and_nobody_is_drowned(
            servers in 1..4_usize, events in proptest::collection::vec(event(), 1..300),
        ) {
            let (mut routes, mut now) = (Routes::new(servers), started());
            let mut calls: Vec<usize> = Vec::new();
            for event in events {
                match event {
                    Event::Time(milliseconds) => now += Duration::from_millis(milliseconds),
                    Event::End { which, end, wanted } if !calls.is_empty() => {
                        let server = calls.swap_remove(which % calls.len());
                        routes.end(server, end, wanted.map(Duration::from_millis), now);
                    }
                    Event::End { .. } => {}
                    Event::Call { prompt: number, failed } => {
                        let before = routes.servers.clone();
                        let failed = failed.filter(|&failed| failed < servers);
                        let awake = |index: &usize| before[*index].rest(now).is_none();
                        match routes.choose(&prompt(number * 500, 80), failed, now) {
                            Choice::Later(pause) => {
                                prop_assert_eq!((0..servers).filter(awake).count(), 0);
                                prop_assert!(!pause.is_zero());
                            }
                            Choice::Server(chosen) => {
                                prop_assert!(awake(&chosen));
                                let others = (0..servers).filter(awake).filter(|&other| Some(other) != failed);
                                let least = others.clone().map(|other| before[other].under_way).min();
                                prop_assert!(Some(chosen) != failed || least.is_none());
                                let most = least.unwrap_or(usize::MAX - LEAD) + LEAD;
                                prop_assert!(before[chosen].under_way < most);
                                calls.push(chosen);
                            }
                        }
                    }
                }
                for (index, server) in routes.servers.iter().enumerate() {
                    prop_assert_eq!(server.under_way, calls.iter().filter(|&&call| call == index).count());
                }
            }
            // However it went: after the longest rest each of them is asked again.
            now += Duration::from_secs(60);
            let asked = (0..servers * (LEAD + calls.len() + 1)).map(|_| routes.choose(&[], None, now));
            let asked: Vec<Choice> = asked.collect();
            prop_assert!((0..servers).all(|server| asked.contains(&Choice::Server(server))));
        }
    }
}
