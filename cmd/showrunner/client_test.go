package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"showrunner/live"
)

// object is a JSON object as a test sees it.
type object = map[string]any

// tokens signs with the keys of the data folder, as the command line does.
type tokens struct {
	t    *testing.T
	data string
	now  func() time.Time // the server's clock; nil is the real one
}

func (k tokens) sign(role live.Role, sub, merchant string, rooms ...live.RoomID) string {
	k.t.Helper()
	now := k.now
	if now == nil {
		now = clock
	}
	a, err := openAuth(k.data, now)
	if err != nil {
		k.t.Fatal(err)
	}
	token, err := a.Issue(live.Principal{
		Subject: sub, Name: sub, Role: role, Merchant: live.MerchantID(merchant), Rooms: rooms,
	}, time.Hour)
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

// call makes one HTTP request; body is sent as it is if it is a string or
// bytes, else as JSON. A transport error is returned with status 0.
func call(ctx context.Context, method, url, token string, body any, header ...string) (int, []byte, error) {
	var raw []byte
	switch b := body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	return res.StatusCode, got, err
}

// must calls until the server answers 2xx, over restarts, and decodes into out.
// A refusal (4xx but 429) fails the test at once.
func must(t *testing.T, method, url, token string, body, out any, header ...string) {
	t.Helper()
	var last string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		status, got, err := call(ctx, method, url, token, body, header...)
		cancel()
		switch {
		case err != nil:
			last = err.Error()
		case status/100 == 2:
			if out != nil {
				if err := json.Unmarshal(got, out); err != nil {
					t.Fatalf("%s %s: %v in %s", method, url, err, got)
				}
			}
			return
		case status < 500 && status != http.StatusTooManyRequests:
			t.Fatalf("%s %s: %d %s", method, url, status, got)
		default:
			last = fmt.Sprintf("%d %s", status, got)
		}
	}
	t.Fatalf("%s %s: no success within a minute: %s", method, url, last)
}

// signWebhook gives the three headers of Standard Webhooks.
func signWebhook(secret, id string, at time.Time, body []byte) []string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic("BUG: a test's webhook secret is not base64")
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	return []string{
		"webhook-id", id, "webhook-timestamp", stamp,
		"webhook-signature", "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
}

// socket is a client that never gives up: it sends one frame at a time and
// sends it again, over whatever happens to the connection, until it is
// acknowledged.
type socket struct {
	url   string // ws://…/v1/rooms/ID/ws?…
	spare string // of another server, which is tried when url does not answer
	token string
	conn  *websocket.Conn
	seq   int

	reconnects atomic.Int64
}

func newSocket(base string, room live.RoomID, token, query string) *socket {
	url := "ws" + strings.TrimPrefix(base, "http") + "/v1/rooms/" + string(room) + "/ws"
	if query != "" {
		url += "?" + query
	}
	return &socket{url: url, token: token}
}

func (s *socket) close() {
	if s.conn != nil {
		_ = s.conn.CloseNow() // The server sees the end either way.
		s.conn = nil
	}
}

func (s *socket) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, s.url, &websocket.DialOptions{
		Subprotocols: []string{"showrunner.v1", "bearer." + s.token},
	})
	if err != nil {
		if res != nil && res.StatusCode >= 400 && res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests {
			return &refused{res.StatusCode}
		}
		if s.spare != "" {
			s.url, s.spare = s.spare, s.url
		}
		return err
	}
	conn.SetReadLimit(8 << 20)
	s.conn = conn
	s.reconnects.Add(1)
	return nil
}

// refused is an answer to the upgrade that trying again does not change.
type refused struct{ status int }

func (r *refused) Error() string { return fmt.Sprintf("websocket refused with %d", r.status) }

// read gives the next frame.
func (s *socket) read(ctx context.Context) (object, error) {
	_, raw, err := s.conn.Read(ctx)
	if err != nil {
		s.close()
		return nil, err
	}
	var frame object
	if err := json.Unmarshal(raw, &frame); err != nil {
		return nil, fmt.Errorf("frame %.200s: %w", raw, err)
	}
	return frame, nil
}

// do sends frame until it is acknowledged and returns the acknowledgement.
func (s *socket) do(ctx context.Context, frame object) (object, error) {
	s.seq++
	id := fmt.Sprintf("c%d", s.seq)
	frame["id"] = id
	raw, err := json.Marshal(frame)
	if err != nil {
		return nil, err
	}
	for {
		ack, err := s.try(ctx, id, raw)
		var no *refused
		switch {
		case err == nil:
			if e, ok := ack["error"].(object); ok && retryable(e["code"]) {
				pause(ctx)
				continue
			}
			return ack, nil
		case errors.As(err, &no):
			return nil, err
		case ctx.Err() != nil:
			return nil, fmt.Errorf("frame %s: %w", raw, err)
		}
		s.close()
		pause(ctx)
	}
}

// retryable says whether a refusal is about the moment and not about the frame.
func retryable(code any) bool {
	return code == "unavailable" || code == "rate_limited" || code == "log_unavailable" ||
		code == "store_unavailable" || code == "shutting_down" || code == "internal" || code == "timeout" || code == "ingest_behind" ||
		code == "unknown_whether_stored"
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(20+rand.IntN(80)) * time.Millisecond):
	}
}

func (s *socket) try(ctx context.Context, id string, raw []byte) (object, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.MessageText, raw); err != nil {
		return nil, err
	}
	for {
		frame, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		if frame["type"] == "ack" && frame["id"] == id {
			return frame, nil
		}
	}
}
