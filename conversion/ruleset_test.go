package conversion

import (
	"encoding/json"
	"strings"
	"testing"

	"showrunner/live"
)

func TestReadRules(t *testing.T) {
	const file = `{"version":"spring","rules":[
		{"kind":"group_joined","stage":"lead","channel":"private/group","told":true},
		{"kind":"comment_sent","stage":"nurture","channel":"live_room"}]}`
	rules, err := ReadRules(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	viewer := live.Actor{ID: "p1", Role: live.RoleViewer}
	got, ok := rules.TouchOf(live.Event{Kind: "group_joined", Person: "p1", Actor: live.Actor{ID: "li", Role: live.RoleAgent}})
	if !ok || got.Stage != live.StageLead || got.Channel != "private/group" || got.Rule != rules.Version || got.Agent != "li" {
		t.Errorf("a touch by the file: %+v, %t", got, ok)
	}
	if _, ok := rules.TouchOf(live.Event{Kind: live.CommentSent, Person: "p1", Actor: viewer}); !ok {
		t.Error("a comment is no touch, though the file says so")
	}
	if _, ok := rules.TouchOf(live.Event{Kind: live.RoomEntered, Person: "p1", Actor: viewer}); ok {
		t.Error("an entry is a touch, though the file does not name it")
	}
	if got, ok := TouchOf(live.Event{Kind: live.RoomEntered, Person: "p1", Actor: viewer}); !ok || got.Rule != BuiltIn {
		t.Error("the file changed the built-in rules")
	}
	// The version is of what the file says, not of how it is written.
	var f ruleFile
	if err := json.Unmarshal([]byte(file), &f); err != nil {
		t.Fatal(err)
	}
	f.Rules[0], f.Rules[1] = f.Rules[1], f.Rules[0]
	turned, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	same, err := ReadRules(strings.NewReader(string(turned)))
	if err != nil || same.Version != rules.Version {
		t.Errorf("the same rules are %q and %q, %v", rules.Version, same.Version, err)
	}
	other, err := ReadRules(strings.NewReader(strings.Replace(file, "lead", "retain", 1)))
	if err != nil || other.Version == rules.Version || !strings.HasPrefix(other.Version, "spring-") {
		t.Errorf("other rules of the same name are %q too, %v", other.Version, err)
	}
}

// TestTransactionalIsNoTouch: a notice of an order earns nothing by the built-in
// rules. A file says so by itself; one of before goes on as it did.
func TestTransactionalIsNoTouch(t *testing.T) {
	rules := map[string]*RuleSet{"built-in": DefaultRules()}
	for name, member := range map[string]string{"proactive": `,"proactive":true`, "before": ""} {
		file, err := ReadRules(strings.NewReader(`{"version":"v","rules":[{"kind":"touch_sent","stage":"nurture","channel":"contact","told":true` + member + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		rules[name] = file
	}
	if rules["proactive"].Version == rules["before"].Version || rules["before"].Version != "v-1357e504" {
		t.Errorf("the versions are %q and %q: that of a file of before must stay", rules["proactive"].Version, rules["before"].Version)
	}
	for _, c := range []struct {
		data string
		want map[string]bool
	}{
		{`{"agent_id":"li","transactional":true}`, map[string]bool{"built-in": false, "proactive": false, "before": true}},
		{`{"agent_id":"li","transactional":false}`, map[string]bool{"built-in": true, "proactive": true, "before": true}},
		{`{"agent_id":"li","transactional":"yes"}`, map[string]bool{"built-in": true, "proactive": true, "before": true}},
		{`{"agent_id":"li"}`, map[string]bool{"built-in": true, "proactive": true, "before": true}},
	} {
		e := live.Event{Kind: live.TouchSent, Person: "p1", Actor: live.Actor{ID: "li", Role: live.RoleAgent}, Data: json.RawMessage(c.data)}
		for name, r := range rules {
			got, ok := r.TouchOf(e)
			if ok != c.want[name] || ok && (got.Agent != "li" || got.Channel != ChannelContact) {
				t.Errorf("%s by the %s rules: %+v, %t", c.data, name, got, ok)
			}
		}
	}
}

func TestReadRulesRefuses(t *testing.T) {
	for _, tc := range []struct {
		file string
		want []string
	}{
		{``, []string{"cannot be read"}},
		{`{"version":"v","rules":[]}`, []string{"one at least"}},
		{`{"version":"v","rules":[{"kind":"followed","stage":"lead","channel":"x"}]} {}`, []string{"nothing after it"}},
		{`{"version":"v","rule":[]}`, []string{"unknown field"}},
		{
			`{"rules":[{"kind":"teleported","stage":"magic","channel":""},{"kind":"order_paid","stage":"lead","channel":"x"},
			{"kind":"followed","stage":"lead","channel":"x"},{"kind":"followed","stage":"lead","channel":"x"}]}`,
			[]string{"version", `rules[0].kind: "teleported"`, "rules[0].stage", "rules[0].channel", "rules[1].kind: order_paid", "rules[3].kind: followed stands twice"},
		},
		{strings.Repeat(" ", maxRuleFile+1), []string{"more than"}},
	} {
		_, err := ReadRules(strings.NewReader(tc.file))
		if err == nil {
			t.Errorf("%.60q was taken", tc.file)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.60q: %q does not say %q", tc.file, err, want)
			}
		}
	}
}

func FuzzReadRules(f *testing.F) {
	f.Add(`{"version":"v","rules":[{"kind":"followed","stage":"lead","channel":"x"}]}`)
	f.Add(`{"version":"v","rules":[{}]}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, file string) {
		rules, err := ReadRules(strings.NewReader(file))
		if (rules == nil) != (err != nil) {
			t.Fatalf("rules %v and error %v", rules, err)
		}
		if rules != nil && len(rules.byKind) == 0 {
			t.Fatal("rules that make nothing a touch")
		}
	})
}

func TestLevels(t *testing.T) {
	for _, tc := range []struct {
		channel, first, second string
		flow                   Flow
	}{
		{"private/group", "private", "group", FlowPrivate},
		{"group", "private", "group", FlowPrivate},
		{"ads", "paid", "ads", FlowPaid},
		{"douyin/search", "douyin", "search", FlowOrganic},
		{"douyin/Qianchuan", "douyin", "Qianchuan", FlowPaid},
		{"paid/search", "paid", "search", FlowPaid}, // the first level decides
		{"direct", "organic", "direct", FlowOrganic},
		{"mystery", "other", "mystery", FlowOther}, // never organic
		{"", "other", "", FlowOther},
	} {
		first, second := Levels(tc.channel)
		if flow := FlowOf(tc.channel); first != tc.first || second != tc.second || flow != tc.flow {
			t.Errorf("%q is %q and %q of %s, want %q and %q of %s", tc.channel, first, second, flow, tc.first, tc.second, tc.flow)
		}
	}
	for _, r := range Rules {
		if FlowOf(r.Channel) == FlowOther {
			t.Errorf("the channel %q of the built-in rules has no flow", r.Channel)
		}
	}
}

func TestDimensionsHaveOneName(t *testing.T) {
	for i, d := range Dimensions {
		if got, ok := DimensionOf(d.Name); !ok || got.Of == nil || got.Name != d.Name {
			t.Errorf("%s is not found", d.Name)
		}
		for _, other := range Dimensions[:i] {
			if other.Name == d.Name {
				t.Errorf("%s stands twice", d.Name)
			}
		}
	}
	if _, ok := DimensionOf("mood"); ok {
		t.Error("a dimension that is none was found")
	}
}
