package clickhouse

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/conversion/care"
	"showrunner/live"
)

// ofShow is a session that a test drew, before it is told as facts.
type ofShow struct {
	show         live.ShowID
	entry, agent string
	by           string // who began it
	bot, handed  bool
	given        bool // an agent got it
	reply        time.Duration
	late, slow   bool // promises broken
	closes       []care.Resolution
	reopened     bool // after the last close
	took         time.Duration
	score        int64
	rehearsal    bool
}

// count adds a session to what is told of sessions like it, by the words of
// docs/service.md.
func (s *ofShow) count(n *conversion.Served) {
	one := func(counter *int64, is bool) {
		if is {
			*counter++
		}
	}
	viewer := s.by == "viewer"
	asked := viewer && (s.handed || s.given || s.reply > 0 || s.late || !s.bot)
	n.Sessions++
	one(&n.Viewer, viewer)
	one(&n.BotOnly, viewer && s.bot && !asked)
	one(&n.WithBot, viewer && (s.bot || s.handed))
	one(&n.HandedOver, viewer && s.handed)
	one(&n.Asked, asked)
	if asked && s.reply > 0 {
		n.Replied++
		n.ReplyMS += s.reply.Milliseconds()
	}
	one(&n.Late, asked && s.late)
	one(&n.Overdue, s.slow)
	if len(s.closes) > 0 && !s.reopened {
		n.Closed++
		n.ResolveMS += s.took.Milliseconds()
		one(&n.Resolved, s.closes[len(s.closes)-1] == care.Resolved)
	}
	one(&n.RateAsked, len(s.closes) > 0)
	one(&n.Rated, s.score > 0)
	one(&n.Good, s.score >= 4)
}

// TestServedSessions draws sessions of two shows, tells them as the desk does, and
// wants the same counts back, as of any instant.
func TestServedSessions(t *testing.T) {
	w := newWorld(11)
	w.now = start
	state := func(s *ofShow, id string, kind live.Kind, data map[string]any) {
		w.now = w.now.Add(time.Duration(w.rng.IntN(5000)) * time.Millisecond)
		data["session_id"] = id
		if s.entry != "" {
			data["entry_id"] = s.entry
		}
		w.append(live.Event{Kind: kind, Source: "system", Merchant: "m1", Show: s.show, Person: live.PersonID("p" + id), Rehearsal: s.rehearsal, OccurredAt: w.now, Data: mustJSON(data)})
	}
	var drawn []ofShow
	var ends []time.Time // when the last fact of each was received
	for i := range 300 {
		yes := func(in int) bool { return w.rng.IntN(in) == 0 }
		s := ofShow{
			show: pick(w, []live.ShowID{"s1", "s1", "s2"}), entry: pick(w, []string{"", "shop", "room'\\"}), by: pick(w, []string{"viewer", "viewer", "viewer", "agent"}), rehearsal: yes(20),
			late: yes(6), slow: yes(7),
		}
		s.bot = s.by == "viewer" && !yes(3)
		s.handed = s.bot && yes(2) || s.by == "viewer" && !s.bot && yes(3)
		s.given = s.by == "agent" || (s.handed || !s.bot) && !yes(4)
		id := fmt.Sprint(i)
		state(&s, id, live.ServiceStarted, map[string]any{"initiated_by": s.by})
		if s.by == "viewer" {
			state(&s, id, live.ServiceMessageSent, map[string]any{"by": "viewer"})
		}
		if s.bot {
			state(&s, id, live.ServiceBotReplied, map[string]any{})
		}
		if s.handed {
			state(&s, id, live.ServiceHandedOver, map[string]any{})
		}
		if s.given {
			for range 1 + w.rng.IntN(2) { // passed on, sometimes
				s.agent = pick(w, []string{"li", "wang"})
				state(&s, id, live.ServiceAssigned, map[string]any{"agent_id": s.agent})
			}
			if !yes(4) && s.by == "viewer" {
				s.reply = time.Duration(1+w.rng.IntN(600_000)) * time.Millisecond
				state(&s, id, live.ServiceFirstReplied, map[string]any{"agent_id": s.agent, "wall_ms": s.reply.Milliseconds(), "business_ms": 1})
			}
		}
		if s.late {
			state(&s, id, live.ServiceSLABreached, map[string]any{"clock": care.ClockFirstResponse})
		}
		if s.slow {
			state(&s, id, live.ServiceSLABreached, map[string]any{"clock": care.ClockResolution})
		}
		for n := range w.rng.IntN(3) {
			if n > 0 {
				state(&s, id, live.ServiceReopened, map[string]any{})
			}
			how := pick(w, []care.Resolution{care.Resolved, care.Unresolved, care.Silent})
			s.closes, s.took = append(s.closes, how), time.Duration(1+w.rng.IntN(9_000_000))*time.Millisecond
			state(&s, id, live.ServiceClosed, map[string]any{"resolution": how, "wall_ms": s.took.Milliseconds(), "rate": n == 0})
		}
		if s.reopened = len(s.closes) > 0 && yes(4); s.reopened {
			state(&s, id, live.ServiceReopened, map[string]any{})
		}
		if len(s.closes) > 0 && !yes(3) {
			s.score = int64(1 + w.rng.IntN(5))
			state(&s, id, live.ServiceRated, map[string]any{"score": s.score})
		}
		drawn, ends = append(drawn, s), append(ends, w.now)
	}
	db := migrated(t, server.HTTPURL())
	fill(t, db, w.entries, nil)
	for _, n := range []int{100, len(drawn)} {
		for _, show := range []live.ShowID{"s1", "s2", "s3"} {
			var want []conversion.Served
			add := func(by, key string, is func(*ofShow) bool) {
				one := conversion.Served{By: by, Key: key}
				for i := range drawn[:n] {
					if s := &drawn[i]; s.show == show && !s.rehearsal && is(s) {
						s.count(&one)
					}
				}
				if one.Sessions > 0 {
					want = append(want, one)
				}
			}
			add(conversion.ServedAll, "", func(*ofShow) bool { return true })
			for _, entry := range []string{"room'\\", "shop"} {
				add(conversion.ServedByEntry, entry, func(s *ofShow) bool { return s.entry == entry })
			}
			for _, agent := range []string{"li", "wang"} {
				add(conversion.ServedByAgent, agent, func(s *ofShow) bool { return s.agent == agent })
			}
			got, err := db.ServedSessions(t.Context(), conversion.ServedQuestion{Scope: conversion.Scope{Merchant: "m1", Zone: time.UTC, AsOf: ends[n-1]}, Show: show})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("show %s as of session %d (-want +got):\n%s", show, n, d)
			}
		}
	}
}
