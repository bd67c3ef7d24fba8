package ws_test

import (
	"encoding/json"
	"testing"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
)

// BenchmarkMessageOf is what a comment costs each server of its room, from the log
// to the bytes that stand in the frame.
func BenchmarkMessageOf(b *testing.B) {
	data, err := json.Marshal(map[string]string{"comment_id": "01981c1e-7f3a-7000-8000-000000000001", "text": "is there one in size 42 left, please?"})
	if err != nil {
		b.Fatal(err)
	}
	e := live.Entry{Position: live.Position{Seq: 7}, Event: live.Event{
		ID: "01981c1e-7f3a-7000-8000-000000000001", Kind: live.CommentSent, Room: "r1", Merchant: "m1", Source: "ws",
		Actor: live.Actor{ID: "v9", Name: "小雨", Role: live.RoleViewer}, Person: "v9", OccurredAt: time.Unix(1, 0), ReceivedAt: time.Unix(1, 0), Data: data,
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ws.MessageOf(e); !ok {
			b.Fatal("a comment is for nobody")
		}
	}
}
