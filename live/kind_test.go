package live_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"showrunner/live"
)

func TestKindsTable(t *testing.T) {
	seen := map[live.Kind]bool{}
	for _, spec := range live.Kinds {
		if seen[spec.Kind] {
			t.Errorf("%s stands twice in the table", spec.Kind)
		}
		seen[spec.Kind] = true
		if spec.From == 0 {
			t.Errorf("%s has no door", spec.Kind)
		}
		for _, f := range spec.Fields {
			if (f.Type == live.TypeText || f.Type == live.TypeInt) && f.Max < f.Min || f.Type == live.TypeText && f.Max == 0 {
				t.Errorf("%s.%s allows nothing: %d to %d", spec.Kind, f.Name, f.Min, f.Max)
			}
		}
		if got, ok := live.SpecOf(spec.Kind); !ok || got.Kind != spec.Kind {
			t.Errorf("SpecOf(%s) = %v, %v", spec.Kind, got, ok)
		}
		// Money comes only from the order book.
		if live.OrderFactKind(spec.Kind) && spec.From != live.FromSystem {
			t.Errorf("%s may be stated by others", spec.Kind)
		}
	}
}

func TestCheckData(t *testing.T) {
	long := strings.Repeat("长", live.MaxCommentRunes)
	for _, tc := range []struct {
		kind       live.Kind
		data, code string
		field      string
	}{
		{live.CommentSent, `{"text":"你好"}`, "", ""},
		{live.CommentSent, `{"text":"` + long + `"}`, "", ""},
		{live.CommentSent, `{"text":"` + long + `长"}`, "invalid_field", "data.text"},
		{live.CommentSent, `{"text":"  "}`, "invalid_field", "data.text"},
		{live.CommentSent, `{"text":7}`, "invalid_field", "data.text"},
		{live.CommentSent, `{}`, "invalid_field", "data.text"},
		{live.CommentSent, ``, "invalid_field", "data.text"},
		{live.CommentSent, `{"text":null}`, "invalid_field", "data.text"},
		{live.CommentSent, `{"text":"a","reply_to":"a b"}`, "invalid_field", "data.reply_to"},
		{live.CommentSent, `{"text":"a","more":1}`, "", ""},
		{live.CommentSent, `[]`, "malformed_json", "data"},
		{live.CommentSent, `null`, "malformed_json", "data"},
		{live.CommentSent, `{"text":"a"} x`, "malformed_json", "data"},
		{live.Liked, `{"count":1000}`, "", ""},
		{live.Liked, `{"count":1001}`, "invalid_field", "data.count"},
		{live.Liked, `{"count":0}`, "invalid_field", "data.count"},
		{live.Liked, `{"count":1.0}`, "invalid_field", "data.count"},
		{live.Liked, `{"count":1e2}`, "invalid_field", "data.count"},
		{live.Liked, `{"count":"1"}`, "invalid_field", "data.count"},
		{live.WatchHeartbeat, `{"visible":true}`, "", ""},
		{live.WatchHeartbeat, `{"visible":1}`, "invalid_field", "data.visible"},
		{live.Followed, ``, "", ""},
		{live.GroupJoined, `{"group_id":"g1","join_scene":"qr"}`, "", ""},
		{live.GroupJoined, `{"group_id":"g1","join_scene":""}`, "", ""},
		{live.GroupJoined, `{"group_id":"g1","join_scene":"magic"}`, "invalid_field", "data.join_scene"},
		{live.GroupLeft, `{"group_id":"g1","quit_scene":"self"}`, "", ""},
		{live.GroupLeft, `{"group_id":"g1","quit_scene":"qr"}`, "invalid_field", "data.quit_scene"},
		{live.GroupMessageSent, `{"group_id":"g1","kind":"care","by_role":"expert"}`, "", ""},
		{live.GroupMessageSent, `{"group_id":"g1","kind":"spam"}`, "invalid_field", "data.kind"},
		{live.GroupMessageSent, `{"group_id":"g1","by_role":"nobody"}`, "invalid_field", "data.by_role"},
		{"nonsense", `{}`, "unknown_type", "type"},
		{live.CommentSent, `{"text":"a","x":"` + strings.Repeat("x", live.MaxEventData) + `"}`, "data_too_large", "data"},
	} {
		err := live.CheckData(tc.kind, json.RawMessage(tc.data))
		var e *live.Error
		switch {
		case tc.code == "" && err != nil:
			t.Errorf("%s %.60s: %v", tc.kind, tc.data, err)
		case tc.code != "" && (!errors.As(err, &e) || e.Code != tc.code || e.Field != tc.field):
			t.Errorf("%s %.60s: %v, want %s at %s", tc.kind, tc.data, err, tc.code, tc.field)
		}
	}
}

func FuzzCheckData(f *testing.F) {
	f.Add("comment_sent", []byte(`{"text":"a"}`))
	f.Add("liked", []byte(`{"count":9223372036854775808}`))
	f.Add("watch_heartbeat", []byte(`{"visible":true,"watched_ms":-1}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		err := live.CheckData(live.Kind(kind), data)
		if err == nil && len(data) > 0 && !json.Valid(data) {
			t.Errorf("accepted what is not JSON: %q", data)
		}
		var e *live.Error
		if err != nil && (!errors.As(err, &e) || len(e.Message) > 300) {
			t.Errorf("refused with %v", err)
		}
	})
}
