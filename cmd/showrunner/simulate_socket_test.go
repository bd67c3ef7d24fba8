package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

func TestSimPosition(t *testing.T) {
	for _, tc := range []struct {
		frame  string
		epoch  string
		offset uint64
		ok     bool
	}{
		{`{"type":"events","epoch":"e1","offset":4097,"events":[{"type":"comment_sent"}]}`, "e1", 4097, true},
		{`{"type":"events","epoch":"e1","offset":0,"events":[]}`, "e1", 0, true},
		{`{"type":"events","offset":1,"epoch":"e1","events":[]}`, "", 0, false},
		{`{"type":"events","epoch":"e1","offset":-1,"events":[]}`, "e1", 0, false},
		{`{"type":"events","epoch":"e1"`, "", 0, false},
	} {
		epoch, offset, ok := simPosition([]byte(tc.frame))
		if ok != tc.ok || ok && (epoch != tc.epoch || offset != tc.offset) {
			t.Errorf("%s: got %q %d %v", tc.frame, epoch, offset, ok)
		}
	}
}

func TestTransient(t *testing.T) {
	for _, tc := range []struct {
		code  string
		after int64
		want  bool
	}{
		{"rate_limited", 500, true},
		{"log_unavailable", 0, true},
		{"shutting_down", 0, true},
		{"timeout", 1000, true},
		{"muted", 60_000, false},
		{"out_of_stock", 0, false},
		{"invalid_field", 0, false},
	} {
		if got := transient(tc.code, tc.after); got != tc.want {
			t.Errorf("%s: got %v", tc.code, got)
		}
	}
}

// TestAskSurvivesTheConnection lets the server take a frame and vanish without
// an ack: the client must come back, say where it was, and send the same frame
// under the same names until it is acknowledged.
func TestAskSurvivesTheConnection(t *testing.T) {
	var mu sync.Mutex
	var frames, queries []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{Subprotocols: []string{"showrunner.v1"}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		mu.Lock()
		queries = append(queries, req.URL.RawQuery)
		visit := len(queries)
		mu.Unlock()
		send := func(text string) error { return conn.Write(req.Context(), websocket.MessageText, []byte(text)) }
		if send(`{"type":"welcome","epoch":"e1","offset":7,"recovered":true}`) != nil {
			return
		}
		_, frame, err := conn.Read(req.Context())
		if err != nil {
			return
		}
		mu.Lock()
		frames = append(frames, string(frame))
		mu.Unlock()
		switch visit {
		case 1:
			// Two events came, then the server is gone before the ack.
			_ = send(`{"type":"events","epoch":"e1","offset":9,"events":[]}`)
		case 2:
			_ = send(`{"type":"ack","id":"a","ok":false,"error":{"code":"rate_limited","message":"","retry_after_ms":1}}`)
			if _, frame, err = conn.Read(req.Context()); err != nil {
				return
			}
			mu.Lock()
			frames = append(frames, string(frame))
			mu.Unlock()
			_ = send(`{"type":"ack","id":"a","ok":true,"data":{"event_id":"x"}}`)
			_, _, _ = conn.Read(req.Context()) // until the client leaves
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	u, err := url.Parse("ws" + strings.TrimPrefix(server.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	s := &simSocket{name: "v", url: u, token: "t", dials: make(chan struct{}, 1), onLost: func() { lost++ }}
	s.open(ctx)
	data, err := s.ask(ctx, simFrame{ID: "a", Type: "liked", EventID: "run.a", Data: map[string]any{"count": 1}})
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	var ack struct {
		EventID string `json:"event_id"`
	}
	if err := json.Unmarshal(data, &ack); err != nil || ack.EventID != "x" {
		t.Errorf("ack: got %s", data)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(frames) != 3 || frames[0] != frames[1] || frames[1] != frames[2] {
		t.Errorf("the frame was not repeated as it was: %q", frames)
	}
	if len(queries) != 2 || queries[0] != "" || queries[1] != "since=e1%3A9" && queries[1] != "since=e1%3A7" {
		t.Errorf("queries: got %q", queries)
	}
	if lost != 1 {
		t.Errorf("told of %d lost connections, want 1", lost)
	}
}

// TestAskTellsRefusals holds the last word of the server apart from what passes.
func TestAskTellsRefusals(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer server.Close()
	u, err := url.Parse("ws" + strings.TrimPrefix(server.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	s := &simSocket{name: "v", url: u, token: "t", dials: make(chan struct{}, 1)}
	s.open(t.Context())
	defer s.close()
	_, err = s.ask(t.Context(), simFrame{ID: "a", Type: "liked"})
	var refused *simRefusal
	if !errors.As(err, &refused) || refused.Code != "handshake" {
		t.Errorf("got %v, want a refusal of the handshake", err)
	}
}
