package conversion

import (
	"errors"
	"strings"
	"testing"

	"showrunner/live"
)

func TestDefaultLadder(t *testing.T) {
	l := DefaultLadder()
	if l.Version != 0 || l.Zone != "UTC" || l.TouchWindowHours != 168 || len(l.Rungs) != len(live.Rungs) {
		t.Errorf("default = %+v", l.Rungs)
	}
	if got, err := ReadLadder(live.LadderRules{Merchant: "m1"}); err != nil || len(got.Rungs) != 5 {
		t.Errorf("of a merchant who set none: %v", err)
	}
	got, err := ReadLadder(live.LadderRules{Version: 7, Text: string(defaultLadder)})
	if err != nil || got.Version != 7 {
		t.Errorf("version = %d, %v", got.Version, err)
	}
}

func TestParseLadderRefuses(t *testing.T) {
	good := string(defaultLadder)
	for _, tc := range []struct {
		name, old, new string
		field, says    string
	}{
		{"no JSON", `"rungs": [`, `"rungs": (`, "", "line 4"},
		{"ends early", "  ]\n}", "", "", "line 11: the rules end too early"},
		{"something after", "  ]\n}", "  ]\n}\n{}", "", "line 12: something follows"},
		{"unknown member", `"time_zone"`, `"timezone"`, "", "unknown field"},
		{"wrong type", `"orders": 1`, `"orders": "one"`, "", "line 7: "},
		{"no zone", `"UTC"`, `"Mars/Olympus"`, "time_zone", "line 2: must be an IANA"},
		{"the machine's zone", `"UTC"`, `"Local"`, "time_zone", "line 2"},
		{"window", `168`, `9999`, "touch_window_hours", "line 3: must be 1 to 8760"},
		{"a rung twice", `"customer"`, `"fan"`, "rungs[2].rung", "line 7: must be customer"},
		{"a rung missing", `    {"rung": "passerby", "any": [{"fact": "room_entered"}]},`, ``, "rungs", "line 4: must be the 5 rungs"},
		{"no condition", `[{"orders": 1}]`, `[]`, "rungs[2].any", "line 7: must be 1 to 10"},
		{"nothing said", `{"orders": 1}`, `{}`, "rungs[2].any[0].fact", "line 7: either fact or orders"},
		{"both said", `{"orders": 1}`, `{"orders": 1, "fact": "followed"}`, "rungs[2].any[0].fact", "either"},
		{"unknown fact", `"lead_captured"`, `"liked"`, "rungs[1].any[2].fact", "line 6: must be one of ad_clicked"},
		{"until of what is not kept", `{"fact": "followed"}`, `{"fact": "followed", "until": "unfollowed"}`, "rungs[1].any[0].until", "every one is kept"},
		{"until nothing", `"until": "partner_suspended"`, `"until": "retired"`, "rungs[4].any[0].until", "line 9: must be one of"},
		{"at least", `{"fact": "room_entered"}`, `{"fact": "room_entered", "at_least": -1}`, "rungs[0].any[0].at_least", "line 5: must be 1 to 1000"},
		{"at least of orders", `{"orders": 1}`, `{"orders": 1, "at_least": 2}`, "rungs[2].any[0].at_least", "goes with fact"},
		{"orders", `{"orders": 1}`, `{"orders": -1}`, "rungs[2].any[0].orders", "must be 1 to 1000"},
		{"one order of different days", `"orders": 2`, `"orders": 1`, "rungs[3].any[0].different_days", "line 8: goes with two"},
	} {
		text := strings.Replace(good, tc.old, tc.new, 1)
		if text == good {
			t.Fatalf("%s: nothing was replaced", tc.name)
		}
		_, err := ParseLadder([]byte(text))
		var e *live.Error
		if !errors.As(err, &e) || e.Code != "invalid_ladder" || e.Field != tc.field || !strings.Contains(e.Message, tc.says) {
			t.Errorf("%s: %v, want %q at %q", tc.name, err, tc.says, tc.field)
		}
	}
	if _, err := ParseLadder([]byte(strings.Repeat(" ", maxLadderText+1))); !errors.Is(err, live.TooLarge("ladder_too_large", "", "")) {
		t.Errorf("too long: %v", err)
	}
}

func FuzzParseLadder(f *testing.F) {
	f.Add(defaultLadder)
	f.Add([]byte(`{"rungs":[{"rung":"passerby","any":[{"orders":2,"different_days":true}]}]}`))
	f.Add([]byte("{\n\"rungs\":\n[,"))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := ParseLadder(text)
		var e *live.Error
		switch {
		case err == nil:
			_ = l.Stand(live.PersonRecord{Facts: []live.PersonFact{{Kind: live.RoomEntered, At: noon}}})
		case !errors.As(err, &e) || e.Code != "invalid_ladder" && e.Code != "ladder_too_large":
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func TestClimbsAreKinds(t *testing.T) {
	seen := map[live.Kind]bool{}
	for i := range climbs {
		c := &climbs[i]
		if _, ok := live.SpecOf(c.kind); !ok || seen[c.kind] {
			t.Errorf("%s is no kind, or stands twice", c.kind)
		}
		seen[c.kind] = true
		if builtIn.byKind[c.kind] == nil != c.own {
			t.Errorf("%s: own is %t, and it is a touch: %t", c.kind, c.own, builtIn.byKind[c.kind] != nil)
		}
	}
}

func TestFactOf(t *testing.T) {
	viewer, agent, system := live.Actor{ID: "p1", Role: live.RoleViewer}, live.Actor{ID: "a1", Role: live.RoleAgent}, live.Actor{Role: live.RoleSystem}
	for _, tc := range []struct {
		name string
		e    live.Event
		want string // kind ref class agent channel; empty: none
	}{
		{"an entry is about its show", live.Event{ID: "e", Kind: live.RoomEntered, Person: "p1", Actor: viewer, Room: "r1", Show: "s1"}, "room_entered s1 show  direct"},
		{"before the show about the room", live.Event{ID: "e", Kind: live.RoomEntered, Person: "p1", Actor: viewer, Room: "r1"}, "room_entered r1 show  direct"},
		{"a group", live.Event{ID: "e", Kind: "group_joined", Person: "p1", Actor: agent, Data: []byte(`{"group_id":"g1","join_scene":"qr"}`)}, "group_joined g1 group a1 group"},
		{"an agent who says so", live.Event{ID: "e", Kind: "service_session_started", Person: "p1", Actor: agent, Data: []byte(`{"session_id":"x"}`)}, "service_session_started x service a1 service"},
		{"an agent who is named", live.Event{ID: "e", Kind: "touch_sent", Person: "p1", Actor: agent, Data: []byte(`{"agent_id":"a2"}`)}, "touch_sent e service a2 contact"},
		{"a touch that says it is none of orders", live.Event{ID: "e", Kind: live.TouchSent, Person: "p1", Actor: agent, Data: []byte(`{"transactional":false}`)}, "touch_sent e service a1 contact"},
		{"a notice of an order", live.Event{ID: "e", Kind: live.TouchSent, Person: "p1", Actor: agent, Data: []byte(`{"transactional":true}`)}, ""},
		{"a packet", live.Event{ID: "e", Kind: live.RedPacketClaimed, Person: "p1", Actor: viewer, Show: "s1", Data: []byte(`{"packet_id":"k1"}`)}, "red_packet_claimed k1 offer  "},
		{"what the platform states", live.Event{ID: "e", Kind: live.PartnerApproved, Person: "p1", Actor: system}, "partner_approved e   "},
		{"broken data names nothing", live.Event{ID: "e", Kind: "group_joined", Person: "p1", Actor: agent, Data: []byte(`{`)}, "group_joined e group a1 group"},
		{"a rehearsal", live.Event{ID: "e", Kind: live.RoomEntered, Person: "p1", Actor: viewer, Rehearsal: true}, ""},
		{"staff", live.Event{ID: "e", Kind: live.RoomEntered, Person: "p1", Actor: live.Actor{ID: "p1", Role: live.RoleHost}}, ""},
		{"a host tells of a parting", live.Event{ID: "e", Kind: "group_left", Person: "p1", Actor: live.Actor{ID: "h", Role: live.RoleHost}}, ""},
		{"a like", live.Event{ID: "e", Kind: live.Liked, Person: "p1", Actor: viewer}, ""},
		{"nobody", live.Event{ID: "e", Kind: live.RoomEntered, Actor: viewer}, ""},
	} {
		f, ok := FactOf(&tc.e)
		got := ""
		if ok {
			got = strings.Join([]string{string(f.Kind), f.Ref, string(f.Class), f.Agent, f.Channel}, " ")
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
