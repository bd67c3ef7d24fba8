package gateway_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// serviceStage is a merchant with an entry, two agents, and a person who waits in
// the queue for one of them.
type serviceStage struct {
	*env

	owner, li, wang, ming string
	session               string
}

func newServiceStage(t *testing.T) *serviceStage {
	t.Helper()
	e := newEnv(t)
	s := &serviceStage{
		env: e, owner: e.as(live.RoleMerchant, "m1", "owner"), li: e.as(live.RoleAgent, "m1", "li"), wang: e.as(live.RoleAgent, "m1", "wang"), ming: e.as(live.RoleViewer, "m1", "ming"),
	}
	e.want(201, "POST", "/v1/service/entries", s.owner, obj{"entry_id": "shop", "type": "shop", "title": "Ask us", "persona": "expert", "from_need_id": "need-1"})
	e.want(200, "PUT", "/v1/service/agents/li", s.owner, obj{"name": "Li", "personas": []string{"expert"}, "capacity": 2})
	e.want(200, "PUT", "/v1/service/agents/wang", s.owner, obj{"name": "Wang", "personas": []string{"after_sale", "expert"}, "capacity": 2})
	e.want(200, "PUT", "/v1/service/answers", s.owner, obj{"items": []any{obj{"answer_id": "size", "title": "Sizes", "text": "110 for three years", "keywords": []string{"尺码", "size"}}}})
	a := e.want(201, "POST", "/v1/service/sessions", s.ming, obj{"entry_id": "shop", "text": "转人工", "message_id": "m1"})
	s.session = dig(a.json, "session", "session_id").(string)
	if got := dig(a.json, "session", "state"); got != "queued" {
		t.Fatalf("a person who asks for a human is %v: %s", got, a.raw)
	}
	return s
}

func (s *serviceStage) at(what string) string { return "/v1/service/sessions/" + s.session + what }

// TestService is a session from the bot over the queue and two agents to its
// rating, as viewer, agents and merchant see it over HTTP.
func TestService(t *testing.T) {
	s := newServiceStage(t)
	wei := s.as(live.RoleViewer, "m1", "wei")
	a := s.want(201, "POST", "/v1/service/sessions", wei, obj{"entry_id": "shop", "text": "which size?"})
	bot := dig(a.json, "session", "session_id").(string)
	if dig(a.json, "session", "state") != "bot" {
		t.Errorf("the bot knows the answer, the session is %s", a.raw)
	}
	said := s.want(200, "GET", "/v1/service/sessions/"+bot+"/messages", wei, nil).items()
	if len(said) != 2 || dig(said[1], "by") != "bot" || dig(said[1], "text") != "110 for three years" {
		t.Errorf("the bot said %v", said)
	}
	again := s.want(201, "POST", "/v1/service/sessions", wei, obj{"entry_id": "shop"})
	if again.json["existed"] != true || dig(again.json, "session", "session_id") != bot {
		t.Errorf("a second session at the same entry: %s", again.raw)
	}
	if a := s.want(200, "POST", "/v1/service/sessions/"+bot+"/human", wei, nil); a.text("state") != "queued" || a.text("handed_over") != "asked" {
		t.Errorf("asked for a human: %s", a.raw)
	}

	// One gets it.
	s.advance(time.Minute)
	s.want(200, "POST", s.at("/accept"), s.li, nil)
	if a := s.want(409, "POST", s.at("/accept"), s.wang, nil); a.code() != "already_assigned" {
		t.Errorf("a second agent: %s", a.raw)
	}
	if a := s.want(409, "POST", "/v1/service/sessions/"+bot+"/messages", s.owner, obj{"text": "hello"}); a.code() != "session_not_assigned" {
		t.Errorf("spoke without accepting: %s", a.raw)
	}
	first := s.want(201, "POST", s.at("/messages"), s.li, obj{"text": "How old?", "kind": "qa", "message_id": "l1"})
	if dig(first.json, "message", "n") != 2.0 {
		t.Errorf("the agent's first word: %s", first.raw)
	}
	if a := s.want(201, "POST", s.at("/messages"), s.li, obj{"text": "How old?", "kind": "qa", "message_id": "l1"}); a.json["replay"] != true || dig(a.json, "message", "n") != 2.0 {
		t.Errorf("said twice: %s", a.raw)
	}
	now := s.want(200, "GET", s.at(""), s.ming, nil)
	if wall := dig(now.json, "clocks", 0, "wall_ms"); wall != 60000.0 || now.json["waiting_since"] != nil {
		t.Errorf("answered after a minute: %s", now.raw)
	}
	s.want(200, "PUT", s.at("/tags"), s.li, obj{"tags": []string{"size", "child", "size"}})
	if a := s.want(200, "GET", s.at(""), s.ming, nil); len(a.json["tags"].([]any)) != 0 {
		t.Errorf("a viewer sees the agents' tags: %s", a.raw)
	}

	// It is passed on, and the first agent sees it no more.
	s.want(200, "POST", s.at("/transfer"), s.li, obj{"persona": "after_sale", "reason": "wants to send it back"})
	s.want(404, "POST", s.at("/accept"), s.as(live.RoleAgent, "m2", "wang"), nil)
	if a := s.want(403, "POST", s.at("/accept"), s.as(live.RoleAgent, "m1", "li"), nil); a.code() != "wrong_persona" {
		t.Errorf("an expert accepts what is for after-sale: %s", a.raw)
	}
	s.want(200, "POST", s.at("/accept"), s.wang, nil)
	if a := s.want(200, "GET", s.at(""), s.wang, nil); a.text("agent_id") != "wang" || len(a.json["tags"].([]any)) != 2 {
		t.Errorf("passed on: %s", a.raw)
	}
	s.want(409, "POST", s.at("/rate"), s.ming, obj{"score": 5})
	s.want(200, "POST", s.at("/close"), s.wang, obj{"resolution": "resolved"})
	if a := s.want(200, "GET", s.at(""), s.ming, nil); a.json["rate"] != true || a.text("state") != "closed" {
		t.Errorf("closed: %s", a.raw)
	}
	s.want(200, "POST", s.at("/rate"), s.ming, obj{"score": 5})
	if a := s.want(409, "POST", s.at("/rate"), s.ming, obj{"score": 1}); a.code() != "already_rated" {
		t.Errorf("rated twice: %s", a.raw)
	}
	entry := s.want(200, "GET", "/v1/service/entries/shop", s.owner, nil)
	if dig(entry.json, "figures", "sessions") != 2.0 || dig(entry.json, "figures", "resolved") != 1.0 || entry.text("from_need_id") != "need-1" {
		t.Errorf("figures of the entry: %s", entry.raw)
	}
	// Who speaks again within a day goes on where they were.
	if a := s.want(201, "POST", s.at("/messages"), s.ming, obj{"text": "one more thing"}); a.text("state") != "queued" {
		t.Errorf("speaks after the close: %s", a.raw)
	}
	s.drained()
	kinds := s.told(s.session)
	want := "service_session_started service_message_sent service_handed_over service_session_assigned service_message_sent service_first_replied " +
		"service_session_transferred service_session_assigned service_session_closed service_rated service_session_reopened service_message_sent"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("facts\n%s, want\n%s", got, want)
	}
}

// told are the kinds of the facts about a session, in order.
func (s *serviceStage) told(session string) (kinds []string) {
	s.t.Helper()
	head, err := s.log.Head(s.t.Context())
	if err == nil {
		err = s.log.Range(s.t.Context(), live.Position{}, head, func(en live.Entry) error {
			if strings.Contains(string(en.Event.Data), `"`+session+`"`) {
				kinds = append(kinds, string(en.Event.Kind))
			}
			return nil
		})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return kinds
}

// TestServiceScope walks every route of the desk as an agent whose session, person
// and entry it is not, and as another viewer: what is not theirs does not exist.
func TestServiceScope(t *testing.T) {
	s := newServiceStage(t)
	s.want(200, "POST", s.at("/accept"), s.li, nil)
	s.want(201, "POST", "/v1/service/entries", s.li, obj{"entry_id": "own", "type": "personal", "title": "For Ming", "person_id": "ming"})
	if a := s.want(403, "POST", "/v1/service/entries", s.wang, obj{"type": "personal", "title": "For Ming", "person_id": "ming"}); a.code() != "person_forbidden" {
		t.Errorf("a personal entry for somebody else's person: %s", a.raw)
	}
	if a := s.want(403, "POST", "/v1/service/sessions", s.wang, obj{"person_id": "ming", "text": "hello"}); a.code() != "person_forbidden" {
		t.Errorf("a session with somebody else's person: %s", a.raw)
	}
	s.want(404, "POST", "/v1/service/sessions", s.as(live.RoleViewer, "m1", "wei"), obj{"entry_id": "own", "text": "hello"})
	ids := strings.NewReplacer("session-m1", s.session, "entry-m1", "own", "person-m1", "ming", "agent-m1", "li")
	walked := 0
	for _, r := range s.server.API().Routes() {
		if !strings.HasPrefix(r.Path, "/v1/service/") || !strings.Contains(r.Path, "{") {
			continue
		}
		walked++
		path := ids.Replace(fill(r.Path, "m1"))
		for name, token := range map[string]string{"another agent": s.wang, "another viewer": s.as(live.RoleViewer, "m1", "wei"), "a host": s.as(live.RoleHost, "m1", "host")} {
			a := s.do(r.Method, path, token, goodBody[r.ID])
			// To accept what somebody has is a conflict that tells nothing else.
			taken := r.ID == "accept-service-session" && a.code() == "already_assigned"
			if a.status != 404 && a.code() != "role_forbidden" && !taken {
				t.Errorf("%s as %s: %d %s", r.ID, name, a.status, a.raw)
			}
		}
	}
	if walked < 12 {
		t.Errorf("%d routes walked", walked)
	}
	for _, path := range []string{"/v1/service/sessions", "/v1/service/people", "/v1/service/entries?type=personal"} {
		if items := s.want(200, "GET", path, s.wang, nil).items(); len(items) != 0 {
			t.Errorf("another agent sees %v in %s", items, path)
		}
		if items := s.want(200, "GET", path, s.li, nil).items(); len(items) != 1 {
			t.Errorf("the agent sees %v in %s", items, path)
		}
		if items := s.want(200, "GET", path, s.owner, nil).items(); len(items) != 1 {
			t.Errorf("the merchant sees %v in %s", items, path)
		}
	}
	if items := s.want(200, "GET", "/v1/service/sessions", s.as(live.RoleViewer, "m1", "wei"), nil).items(); len(items) != 0 {
		t.Errorf("another viewer sees %v", items)
	}
	if items := s.want(200, "GET", "/v1/service/sessions", s.as(live.RoleOperator, "m1", "op", "other-room"), nil).items(); len(items) != 0 {
		t.Errorf("a token for another room sees %v", items)
	}
}

// TestServiceInput: what breaks a rule is refused, with the field.
func TestServiceInput(t *testing.T) {
	s := newServiceStage(t)
	f := func(name, method, path, token string, body obj, status int, code string) {
		t.Helper()
		if a := s.do(method, path, token, body); a.status != status || a.code() != code {
			t.Errorf("%s: %d %q, want %d %q: %s", name, a.status, a.code(), status, code, a.raw)
		}
	}
	rules := func(change obj) obj {
		r := obj{"time_zone": "Asia/Shanghai", "hours": []any{}, "holidays": []any{}, "first_response_s": 60, "resolution_s": 60, "silence_s": 60, "bot": false, "human_words": []any{}}
		maps.Copy(r, change)
		return r
	}
	hour := func(day, from, until string) obj {
		return obj{"hours": []any{obj{"day": day, "from": from, "until": until}}}
	}
	f("too long", "POST", s.at("/messages"), s.ming, obj{"text": strings.Repeat("字", 2001)}, 400, "invalid_field")
	f("empty", "POST", s.at("/messages"), s.ming, obj{"text": " "}, 400, "invalid_field")
	f("a viewer recommends", "POST", s.at("/messages"), s.ming, obj{"text": "x", "kind": "recommend"}, 400, "invalid_field")
	f("unknown kind", "POST", s.at("/messages"), s.ming, obj{"text": "x", "kind": "song"}, 400, "invalid_field")
	f("score", "POST", s.at("/rate"), s.ming, obj{"score": 6}, 400, "invalid_field")
	f("resolution", "POST", s.at("/close"), s.ming, obj{"resolution": "silent"}, 400, "invalid_field")
	f("for somebody else", "POST", "/v1/service/sessions", s.ming, obj{"person_id": "wei", "text": "x"}, 403, "person_forbidden")
	f("entry type", "POST", "/v1/service/entries", s.owner, obj{"type": "kiosk", "title": "t"}, 400, "invalid_field")
	f("entry again", "POST", "/v1/service/entries", s.owner, obj{"entry_id": "shop", "type": "shop", "title": "t"}, 409, "entry_exists")
	f("an agent makes a shop's", "POST", "/v1/service/entries", s.li, obj{"type": "shop", "title": "t"}, 403, "role_forbidden")
	f("zone", "PUT", "/v1/service/rules", s.owner, rules(obj{"time_zone": "Mars/Base"}), 400, "invalid_field")
	f("day", "PUT", "/v1/service/rules", s.owner, rules(hour("day", "09:00", "18:00")), 400, "invalid_field")
	f("hour", "PUT", "/v1/service/rules", s.owner, rules(hour("mon", "09:00", "24:01")), 400, "invalid_field")
	f("backwards", "PUT", "/v1/service/rules", s.owner, rules(hour("mon", "18:00", "09:00")), 400, "invalid_field")
	f("holiday", "PUT", "/v1/service/rules", s.owner, rules(obj{"holidays": []string{"2026-02-30"}}), 400, "invalid_field")
	f("target", "PUT", "/v1/service/rules", s.owner, rules(obj{"resolution_s": 0}), 400, "invalid_field")
	f("capacity", "PUT", "/v1/service/agents/li", s.owner, obj{"name": "Li", "personas": []any{}, "capacity": 101}, 400, "invalid_field")
	f("persona", "PUT", "/v1/service/agents/li", s.owner, obj{"name": "Li", "personas": []string{"clown"}, "capacity": 1}, 400, "invalid_field")
	want := rules(hour("sun", "00:00", "24:00"))
	got := s.want(200, "PUT", "/v1/service/rules", s.owner, want)
	if got.json["version"] != 1.0 || dig(got.json, "hours", 0, "until") != "24:00" {
		t.Errorf("rules: %s", got.raw)
	}
	s.want(200, "POST", "/v1/service/entries/shop/retire", s.owner, nil)
	f("retired twice", "POST", "/v1/service/entries/shop/retire", s.owner, nil, 409, "entry_retired")
	f("opened at a retired one", "POST", "/v1/service/sessions", s.as(live.RoleViewer, "m1", "wei"), obj{"entry_id": "shop", "text": "x"}, 409, "entry_retired")
	for i := 0; ; i++ {
		a := s.do("POST", s.at("/messages"), s.ming, obj{"text": "x"})
		if a.status == 429 {
			if i != 29 || a.header.Get("Retry-After") == "" {
				t.Errorf("refused after %d more messages within a minute: %s", i, a.raw)
			}
			break
		}
		if i > 40 {
			t.Fatal("nobody bounds what a person says")
		}
	}
	s.advance(time.Minute + time.Second)
	s.want(201, "POST", s.at("/messages"), s.ming, obj{"text": "x"})
}
