package ws

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"showrunner/live"
)

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"id":"c1","type":"comment_sent","data":{"text":"hi"}}`,
		`{"id":"c1","type":"comment_sent","event_id":"e-1","data":{"text":"\ud83d\ude00"}}`,
		`{"type":"followed"}`, `{"type":"followed","data":null}`, `{"ID":"c1","type":"x"}`,
		`{"id":null,"type":"x"}`, `{"id":"a","id":"b","type":"x","data":{}}`, `{"id":"a","type":"x"} {}`,
		`[]`, `null`, `"x"`, ``, `{`, "{\"id\":\"\xff\"}", `{"type":"place_order","data":{"lines":[{"sku_id":"k","qty":1}]}}`,
		`{"type":"pin_product","data":{"command_id":"k","expected_version":9223372036854775808}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		q, err := decode(raw)
		if len(q.ID) > maxFrameID {
			t.Fatalf("id of %d bytes", len(q.ID))
		}
		// Whatever came, the answer is a frame of valid JSON and UTF-8.
		if b := ackRefused(q.ID, live.Invalid("x", "", "x")); !json.Valid(b) || !utf8.Valid(b) {
			t.Fatalf("ack %q", b)
		}
		if err != nil {
			return
		}
		if q.Type == "" || !json.Valid(q.Data) || q.Data[0] != '{' || !utf8.Valid(q.Data) {
			t.Fatalf("%q decoded to %+v", raw, q)
		}
		if q.EventID != "" && !live.ValidID(string(q.EventID)) {
			t.Fatalf("event id %q", q.EventID)
		}
		// What is decoded encodes and decodes to the same.
		again, err := decode(encode(map[string]any{"id": q.ID, "type": q.Type, "data": q.Data}))
		if err != nil || again.ID != q.ID || again.Type != q.Type {
			t.Fatalf("%q decoded to %+v, then to %+v (%v)", raw, q, again, err)
		}
		if spec, ok := live.SpecOf(live.Kind(q.Type)); ok && live.CheckData(spec.Kind, q.Data) == nil {
			e := live.Event{Kind: spec.Kind, Data: with(q.Data, "watched_ms", json.RawMessage("0"))}
			if b := EncodeEvent(e); !json.Valid(b) || !utf8.Valid(b) {
				t.Fatalf("event %q", b)
			}
		}
	})
}

// TestEveryFaultHasACloseCode walks the table.
func TestEveryFaultHasACloseCode(t *testing.T) {
	for f := live.FaultInternal; f <= live.FaultUnsupported; f++ {
		c, ok := closeCodes[f]
		if !ok || c < 4000 || c > 4999 {
			t.Errorf("fault %d has close code %d", f, c)
		}
		if got := CloseCodeOf(&live.Error{Fault: f}); got != c {
			t.Errorf("CloseCodeOf(fault %d) = %d, want %d", f, got, c)
		}
	}
	if got := CloseCodeOf(errors.New("x")); got != CloseInternal {
		t.Errorf("an error of ours closes with %d", got)
	}
	if CloseGoingAway.Reconnect() == CloseTooLarge.Reconnect() {
		t.Error("going away and too large are told apart by reconnect")
	}
}

func TestMessageOfShowsNobodyWhatIsNotTheirs(t *testing.T) {
	for _, spec := range live.Kinds {
		e := live.Entry{Position: live.Position{Seq: 3, Index: 2}, Event: live.Event{
			Kind: spec.Kind, Room: "r1", ID: "e", Person: "p",
			Data: json.RawMessage(`{"text":"t","deltas":[1],"lines":[2],"paid_minor":77,"order_id":"o","flags":["f"],"channel":"c"}`),
		}}
		m, ok := MessageOf(e)
		if ok != (spec.Audience != live.AudienceNone) {
			t.Errorf("%s: shown %t", spec.Kind, ok)
			continue
		}
		if !ok {
			continue
		}
		if m.Offset != e.Position.Offset() || m.Audience != spec.Audience {
			t.Errorf("%s: %+v", spec.Kind, m)
		}
		if live.OrderFactKind(spec.Kind) {
			var plain, money struct{ Data map[string]any }
			if json.Unmarshal(m.JSON, &plain) != nil || json.Unmarshal(m.Money, &money) != nil {
				t.Fatalf("%s: %s %s", spec.Kind, m.JSON, m.Money)
			}
			if len(plain.Data) != 1 || plain.Data["order_id"] != "o" {
				t.Errorf("%s without money: %v", spec.Kind, plain.Data)
			}
			if len(money.Data) != 2 || money.Data["paid_minor"] != 77.0 {
				t.Errorf("%s with money: %v", spec.Kind, money.Data)
			}
		}
	}
	if _, ok := MessageOf(live.Entry{Event: live.Event{Kind: live.CommentSent}}); ok {
		t.Error("a comment outside of a room is shown")
	}
}
