package guard

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestThousandAtOnce: however many ask at once, at two servers, no cap is
// exceeded, and every touch that was kept back is on record and in the log.
func TestThousandAtOnce(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		people      int
		want        int64
	}{
		{"one person", `{"caps":[{"per":"person","hours":24,"at_most":7}]}`, 1, 7},
		{"forty people", `{"caps":[{"per":"person","hours":24,"at_most":3}]}`, 40, 120},
		{"a merchant", `{"caps":[{"per":"merchant","hours":1,"at_most":100}]}`, 1000, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEnv(t)
			e.rules(c.rules)
			var sent, suppressed atomic.Int64
			var wg sync.WaitGroup
			for i := range 1000 {
				wg.Go(func() {
					g := []*Guard{e.guard, e.other}[i%2]
					got, err := g.Send(t.Context(), to(fmt.Sprint("p", i%c.people)), i%3 == 0)
					switch {
					case err != nil:
						t.Error(err)
					case got.State == Suppressed:
						suppressed.Add(1)
					default:
						sent.Add(1)
					}
				})
			}
			wg.Wait()
			if sent.Load() != c.want || suppressed.Load() != 1000-c.want {
				t.Errorf("%d sent and %d suppressed, want %d and %d", sent.Load(), suppressed.Load(), c.want, 1000-c.want)
			}
			tallies, err := e.guard.Tallies(t.Context(), "m1", "", e.now().Add(-time.Hour), e.now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			kept := map[bool]int64{}
			for _, n := range tallies {
				kept[n.State == Suppressed] += n.Touches
			}
			if kept[true] != 1000-c.want || kept[false] != c.want {
				t.Errorf("on record are %v", tallies)
			}
			if n := len(e.facts(live.TouchSuppressed)); n != int(1000-c.want) {
				t.Errorf("%d facts of suppressed touches", n)
			}
			if n := len(e.facts(live.TouchSent)) + len(e.facts(live.TouchPlanned)); n != int(c.want) {
				t.Errorf("%d facts of touches", n)
			}
		})
	}
}

// TestRules: each rule keeps back what it is for, until the instant it says.
func TestRules(t *testing.T) {
	e := newEnv(t)
	e.rules(`{"caps":[{"per":"person","hours":24,"at_most":2},{"per":"person_channel","channel":"sms","hours":48,"at_most":1},{"per":"group","hours":24,"at_most":1}]}`)
	e.wants("sent", to("p1"))
	sms := to("p1")
	sms.Channel = "sms"
	e.wants("sent", sms)
	got := e.wants("suppressed cap_person cap_person_channel", sms)
	if h := got.Holds[0]; !h.Until.Equal(e.now().Add(24*time.Hour)) || h.Hours != 24 || h.Most != 2 {
		t.Errorf("the cap holds %+v", h)
	}
	e.wants("sent", to("p2"))
	group := Touch{Merchant: "m1", Group: "g1", Channel: "group", Kind: "share", By: owner}
	e.wants("sent", group)
	e.wants("suppressed cap_group", group)
	e.clock.Store(got.Holds[0].Until.UnixMilli() - 1)
	e.wants("suppressed cap_person", to("p1"))
	e.wait(time.Millisecond)
	e.wants("suppressed cap_person_channel", sms)
	e.wants("sent", to("p1"))

	e.rules(`{"quiet_hours":{"from":"21:00","to":"09:00"},"time_zone":"Asia/Shanghai"}`)
	if got := e.wants("sent", to("p3")); !got.At.Equal(e.now()) { // 20:00 there
		t.Errorf("sent at %s", got.At)
	}
	e.wait(90 * time.Minute)
	if got := e.wants("suppressed quiet_hours", to("p3")); got.Holds[0].Until.Sub(e.now()) != 11*time.Hour+30*time.Minute {
		t.Errorf("quiet until %s", got.Holds[0].Until)
	}
	// Of who lives elsewhere, or sleeps otherwise, the hours are theirs.
	e.wishes(Wishes{Person: "p4", TimeZone: "Europe/London"})
	e.wishes(Wishes{Person: "p5", Quiet: &QuietHours{"23:00", "05:00"}})
	e.wants("sent", to("p4"))
	e.wants("sent", to("p5"))
	e.wants("suppressed quiet_hours", group)

	e.rules(`{"cool_down":{"after":2,"hours":48}}`)
	e.wants("sent", to("q1"))
	e.wait(time.Hour)
	e.wants("sent", to("q1"))
	e.wait(time.Hour)
	if got := e.wants("suppressed cool_down", to("q1")); got.Holds[0].Until.Sub(e.now()) != 47*time.Hour {
		t.Errorf("cools down until %s", got.Holds[0].Until)
	}
	e.wait(47 * time.Hour)
	e.wants("sent", to("q1"))
	e.wants("suppressed cool_down", to("q1"))

	e.rules(`{"consent_channels":["sms"]}`)
	sms.Person = "c1"
	e.wants("suppressed consent", sms)
	e.wishes(Wishes{Person: "c1", Channels: map[string]Wish{"sms": {Consent: ConsentGiven}, "phone": {Consent: ConsentRefused}, "email": {OptOut: true}}})
	e.wants("sent", sms)
	sms.Channel = "phone"
	e.wants("suppressed consent", sms)
	sms.Channel = "email"
	e.wants("suppressed opt_out_channel", sms)
	e.wishes(Wishes{Person: "c1", OptOut: true})
	e.wants("suppressed opt_out", to("c1"))

	// A notice about an order goes through, to the same person, and is on record.
	notice := to("c1")
	notice.Kind, notice.Transactional = "order_shipped", true
	if got := e.wants("sent", notice); !got.Transactional {
		t.Error("not recorded as transactional")
	}
	advert := notice
	advert.Kind = "promotion"
	if _, err := e.guard.Send(t.Context(), advert, false); !errors.Is(err, live.Invalid("invalid_field", "", "")) {
		t.Errorf("an advertisement that says it is transactional: %v", err)
	}
	facts := e.facts(live.TouchSuppressed)
	if len(facts) != 12 || member(t, facts[0], "rule") != RuleCapPerson || member(t, facts[0], "at_most") != 2.0 {
		t.Errorf("%d facts of suppressed touches, the first %s", len(facts), facts[0].Data)
	}
	list, _, err := e.guard.Touches(t.Context(), TouchFilter{Merchant: "m1", State: Suppressed, Rule: RuleOptOut})
	if err != nil || len(list) != 1 || list[0].Person != "c1" {
		t.Errorf("suppressed by opt-outs: %v, %v", list, err)
	}
}

func (e *env) wishes(w Wishes) {
	e.t.Helper()
	w.By = owner
	if _, err := e.other.SetWishes(e.t.Context(), "m1", w); err != nil {
		e.t.Fatal(err)
	}
}

// TestPause: a pause is enforced until it is over or ended, and both are audited.
func TestPause(t *testing.T) {
	e := newEnv(t)
	e.rules(`{}`)
	p, err := e.guard.Pause(t.Context(), Pause{Merchant: "m1", Person: "p1", Reason: "over-served", By: owner}, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.wants("suppressed paused", to("p1")); !got.Holds[0].Until.Equal(p.Until) {
		t.Errorf("paused until %s, want %s", got.Holds[0].Until, p.Until)
	}
	paused, err := e.guard.Paused(t.Context(), "m1", []live.PersonID{"p1", "p2"}, e.now())
	if err != nil || len(paused) != 1 || !paused["p1"].Equal(p.Until) {
		t.Errorf("paused are %v, %v", paused, err)
	}
	e.wants("sent", to("p2"))
	e.wait(48 * time.Hour)
	e.wants("sent", to("p1"))
	if p, err = e.guard.Pause(t.Context(), Pause{Merchant: "m1", Group: "g1", By: owner}, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	group := Touch{Merchant: "m1", Group: "g1", Channel: "group", Kind: "share", By: owner}
	e.wants("suppressed paused", group)
	for range 2 { // Said twice it counts once.
		if _, err := e.guard.Resume(t.Context(), "m1", p.ID, owner); err != nil {
			t.Fatal(err)
		}
	}
	e.wants("sent", group)
	if _, err := e.guard.Resume(t.Context(), "m2", p.ID, owner); !errors.Is(err, live.NotFound("pause_not_found", "")) {
		t.Errorf("another merchant ends it: %v", err)
	}
	e.audited("touch.rules", "touch.pause", "touch.pause", "touch.resume")
}

// audited checks what the audit log has, oldest first.
func (e *env) audited(want ...string) {
	e.t.Helper()
	rows, _, err := e.store.Audit(e.t.Context(), auditOf("m1"))
	if err != nil {
		e.t.Fatal(err)
	}
	var got []string
	for _, r := range slices.Backward(rows) {
		got = append(got, r.Action)
	}
	if !slices.Equal(got, want) {
		e.t.Errorf("the audit log has %v, want %v", got, want)
	}
}

// TestPlan: a planned touch holds its place until it is sent, fails or expires;
// what is said of it twice counts once.
func TestPlan(t *testing.T) {
	e := newEnv(t)
	e.rules(`{"caps":[{"per":"person","hours":24,"at_most":1},{"per":"merchant","hours":1,"at_most":3}],"plan_minutes":10}`)
	plan := func(person string) Touch {
		t.Helper()
		got, err := e.guard.Send(t.Context(), to(person), true)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	settle := func(id string, to State) Touch {
		t.Helper()
		got, err := e.other.Settle(t.Context(), "m1", id, to, "why", owner, "")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := plan("p1")
	if first.State != Planned || !first.ExpiresAt.Equal(e.now().Add(10*time.Minute)) {
		t.Fatalf("planned %+v", first)
	}
	e.wants("suppressed cap_person", to("p1"))
	settle(first.ID, Failed)
	e.wants("sent", to("p1"))
	second := plan("p2")
	e.wait(9 * time.Minute)
	settle(second.ID, Sent)
	if again := settle(second.ID, Sent); !again.SettledAt.Equal(e.now()) || again.Late {
		t.Errorf("settled again: %+v", again)
	}
	e.wait(24*time.Hour - time.Millisecond) // from when it was sent, not from when it was planned
	e.wants("suppressed cap_person", to("p2"))
	e.wait(time.Millisecond)
	third := plan("p2")
	e.wait(10 * time.Minute)
	fourth := plan("p2") // the third has expired
	if fourth.State != Planned {
		t.Fatalf("%s after the one before had expired", said(fourth))
	}
	if late := settle(third.ID, Sent); !late.Late {
		t.Error("sent after its place had expired, and not late")
	}
	settle(fourth.ID, Rejected)
	e.wait(100 * time.Hour)
	e.wants("suppressed opt_out_channel", to("p2"))
	if _, err := e.guard.Settle(t.Context(), "m1", fourth.ID, Sent, "", owner, ""); !errors.Is(err, live.Conflict("touch_settled", "")) {
		t.Errorf("a rejected touch is sent: %v", err)
	}
	for _, c := range []struct {
		m    live.MerchantID
		mine string
	}{{"m2", ""}, {"m1", "ben"}} {
		if _, err := e.guard.Settle(t.Context(), c.m, second.ID, Failed, "", owner, c.mine); !errors.Is(err, live.NotFound("touch_not_found", "")) {
			t.Errorf("somebody else's touch: %v", err)
		}
	}
	if n := len(e.facts(live.TouchSent)); n != 3 {
		t.Errorf("%d facts of touches that were sent, want 3", n)
	}
	if n := len(e.facts(live.TouchFailed)) + len(e.facts(live.TouchRejected)); n != 2 {
		t.Errorf("%d facts of what failed or was rejected, want 2", n)
	}
}

// TestOnePerson: what was sent to each of two names counts when they turn out to
// be one person's, and so do the wishes of both.
func TestOnePerson(t *testing.T) {
	e := newEnv(t)
	e.rules(`{"caps":[{"per":"person","hours":24,"at_most":2}],"consent_channels":["sms"]}`)
	e.wants("sent", to("device"))
	e.wants("sent", to("login"))
	e.wishes(Wishes{Person: "device", Channels: map[string]Wish{"phone": {OptOut: true}, "sms": {Consent: ConsentGiven}}})
	names := []live.Identifier{{Kind: live.IdentityAnonymous, Value: "device"}, {Kind: live.IdentityLogin, Value: "login"}}
	if _, err := e.store.LinkNames(t.Context(), "m1", names, "the same phone", owner); err != nil {
		t.Fatal(err)
	}
	e.wants("suppressed cap_person", to("login"))
	e.wants("suppressed cap_person", to("device"))
	e.wait(25 * time.Hour)
	phone, sms := to("login"), to("login")
	phone.Channel, sms.Channel = "phone", "sms"
	e.wants("suppressed opt_out_channel", phone)
	e.wants("sent", sms)
	// What is said once they are one holds under both names.
	e.wishes(Wishes{Person: "login"})
	e.wants("sent", phone)
	w, err := e.guard.Wishes(t.Context(), "m1", "device")
	if err != nil || len(w.Channels) != 0 || w.SetAt.IsZero() {
		t.Errorf("wishes are %+v, %v", w, err)
	}
}

// TestFollowup: assigned, done by its agent alone, once, and told to the log.
func TestFollowup(t *testing.T) {
	e := newEnv(t)
	f, err := e.guard.Assign(t.Context(), Followup{Merchant: "m1", Person: "p1", Agent: "ann", Session: "s1", Note: "never answered", By: owner})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.guard.End(t.Context(), "m1", f.ID, FollowupDone, "helped", owner, "ben"); !errors.Is(err, live.NotFound("followup_not_found", "")) {
		t.Errorf("another agent ends it: %v", err)
	}
	for range 2 {
		if f, err = e.guard.End(t.Context(), "m1", f.ID, FollowupDone, "helped", live.Actor{ID: "ann", Role: live.RoleAgent}, "ann"); err != nil || f.State != FollowupDone {
			t.Fatal(f, err)
		}
	}
	if _, err := e.guard.End(t.Context(), "m1", f.ID, FollowupDropped, "no", owner, ""); !errors.Is(err, live.Conflict("followup_ended", "")) {
		t.Errorf("ended twice: %v", err)
	}
	done := e.facts(live.FollowupDone)
	if len(done) != 1 || done[0].Person != "p1" || member(t, done[0], "session_id") != "s1" || member(t, done[0], "agent_id") != "ann" {
		t.Errorf("facts: %v", done)
	}
	if list, _, err := e.guard.Followups(t.Context(), FollowupFilter{Merchant: "m1", Agent: "ann", State: FollowupDone}); err != nil || len(list) != 1 || list[0].Result != "helped" {
		t.Errorf("ann's: %v, %v", list, err)
	}
	if list, _, err := e.guard.Followups(t.Context(), FollowupFilter{Merchant: "m2"}); err != nil || len(list) != 0 {
		t.Errorf("another merchant's: %v, %v", list, err)
	}
	e.audited("followup.assign", "followup.done")
}
