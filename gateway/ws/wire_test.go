package ws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// clientFrame is a frame as a client sends it, masked.
func clientFrame(first byte, payload string) []byte {
	b := appendFrame(nil, opcode(first&0x0f), []byte(payload))
	b[0] = first
	head := b[:len(b)-len(payload)]
	mask := [4]byte{0x11, 0x82, 0xf3, 0x04}
	body := []byte(payload)
	unmask(body, mask)
	out := append([]byte(nil), head...)
	out[1] |= 0x80
	return append(append(out, mask[:]...), body...)
}

// heard is what came of a client's bytes.
type heard struct {
	Messages []string // kind and data
	Pings    []string
	End      string // "", "close 1000", "breach", "over"
}

// hear runs the bytes through [inbound] in pieces of at most step bytes.
func hear(b []byte, limit, step int) (h heard) { return hearFrom(inbound{}, b, limit, step) }

// hearFrom is hear of a client with whom something was agreed.
func hearFrom(in inbound, b []byte, limit, step int) (h heard) {
	var rest []byte
	for len(b) > 0 || len(rest) > 0 {
		n := min(step, len(b))
		rest, b = append(rest, b[:n]...), b[n:]
		for {
			m, used, err := in.next(rest, limit)
			if err != nil {
				h.End = "breach"
				return h
			}
			if used == 0 {
				break
			}
			switch {
			case m.over:
				h.End = "over"
				return h
			case m.kind == opClose:
				h.End = fmt.Sprint("close ", closeCodeIn(m.data))
				return h
			case m.kind == opPing:
				h.Pings = append(h.Pings, string(m.data))
			case m.packed:
				data, err := inflate(m.data, limit)
				if err != nil {
					h.End = err.Error()
					return h
				}
				h.Messages = append(h.Messages, fmt.Sprintf("%d %q deflated", m.kind, data))
			case m.kind == opText || m.kind == opBinary:
				h.Messages = append(h.Messages, fmt.Sprintf("%d %q", m.kind, m.data))
			}
			rest = append([]byte(nil), rest[used:]...)
		}
		if n == 0 {
			break
		}
	}
	return h
}

func TestInbound(t *testing.T) {
	text := func(s string) []byte { return clientFrame(0x81, s) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	long := strings.Repeat("x", 126)
	for _, c := range []struct {
		name string
		raw  []byte
		want heard
	}{
		{"one", text("hi"), heard{Messages: []string{`1 "hi"`}}},
		{"empty", text(""), heard{Messages: []string{`1 ""`}}},
		{"two, and part of a third", join(text("a"), text("b"), text("c")[:5]), heard{Messages: []string{`1 "a"`, `1 "b"`}}},
		{"binary", clientFrame(0x82, "a"), heard{Messages: []string{`2 "a"`}}},
		{"two bytes of length", text(long), heard{Messages: []string{fmt.Sprintf("1 %q", long)}}},
		{"eight bytes of length", text(strings.Repeat("x", 1<<16)), heard{Messages: []string{fmt.Sprintf("1 %q", strings.Repeat("x", 1<<16))}}},
		{"fragments with a ping between", join(clientFrame(0x01, "a"), clientFrame(0x89, "p"), clientFrame(0x00, ""), clientFrame(0x80, "b")), heard{Messages: []string{`1 "ab"`}, Pings: []string{"p"}}},
		{"pong", join(clientFrame(0x8a, "x"), text("a")), heard{Messages: []string{`1 "a"`}}},
		{"close", join(clientFrame(0x88, "\x03\xe8bye"), text("a")), heard{End: "close 1000"}},
		{"close without a code", clientFrame(0x88, ""), heard{End: "close 1005"}},
		{"close with half a code", clientFrame(0x88, "\x03"), heard{End: "breach"}},
		{"close with a code nobody may send", clientFrame(0x88, "\x03\xed"), heard{End: "breach"}},
		{"close with a reason that is not UTF-8", clientFrame(0x88, "\x03\xe8\xff"), heard{End: "breach"}},
		{"reserved bit", clientFrame(0xc1, "a"), heard{End: "breach"}},
		{"unknown opcode", clientFrame(0x83, "a"), heard{End: "breach"}},
		{"unknown control opcode", clientFrame(0x8b, "a"), heard{End: "breach"}},
		{"not masked", []byte{0x81, 0x01, 'a'}, heard{End: "breach"}},
		{"continuation of nothing", clientFrame(0x80, "a"), heard{End: "breach"}},
		{"message within a message", join(clientFrame(0x01, "a"), text("b")), heard{End: "breach"}},
		{"fragmented ping", clientFrame(0x09, "a"), heard{End: "breach"}},
		{"long ping", clientFrame(0x89, long), heard{End: "breach"}},
		{"longer than it needs, two", []byte{0x81, 0xfe, 0, 1, 0, 0, 0, 0, 'a'}, heard{End: "breach"}},
		{"longer than it needs, eight", []byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 'a'}, heard{End: "breach"}},
		{"a negative length", []byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, heard{End: "breach"}},
		{"over", text(strings.Repeat("x", 1<<17+1)), heard{End: "over"}},
		{"over in fragments", join(clientFrame(0x01, strings.Repeat("x", 1<<16)), clientFrame(0x80, strings.Repeat("x", 1<<16+1))), heard{End: "over"}},
		{"over by what the header says", []byte{0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, heard{End: "over"}},
	} {
		for _, step := range []int{1 << 20, 1, 3, 4096} {
			if diff := cmp.Diff(c.want, hear(c.raw, 1<<17, step)); diff != "" {
				t.Errorf("%s, %d bytes at a time (-want +got):\n%s", c.name, step, diff)
			}
		}
	}
}

// What is too large is thrown away as it comes, and the frames behind it are
// understood: so the close frame of a client that was told is found.
func TestInboundGoesOnBehindWhatIsTooLarge(t *testing.T) {
	var in inbound
	raw := bytes.Join([][]byte{
		clientFrame(0x01, "ab"), clientFrame(0x00, strings.Repeat("x", 300)), clientFrame(0x89, "p"), clientFrame(0x80, "x"), clientFrame(0x88, ""),
	}, nil)
	var kinds []string
	for len(raw) > 0 {
		m, n, err := in.next(raw, 100)
		if err != nil || n == 0 {
			t.Fatalf("%d bytes left: %v", len(raw), err)
		}
		if len(in.part) > 100 {
			t.Errorf("%d bytes are kept", len(in.part))
		}
		raw = raw[n:]
		if m.kind != 0 {
			kinds = append(kinds, fmt.Sprint(m.kind, m.over))
		}
	}
	if diff := cmp.Diff([]string{"1 true", "9 false", "8 false"}, kinds); diff != "" || !in.between() {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzInbound holds the parser against another one, and against itself when the
// same bytes come in other pieces.
func FuzzInbound(f *testing.F) {
	for _, raw := range [][]byte{
		clientFrame(0x81, "hello"), clientFrame(0x82, ""), clientFrame(0x89, "p"), clientFrame(0x88, "\x03\xe8ok"), clientFrame(0x88, "\x03"),
		clientFrame(0x88, "\x03\xf1"), clientFrame(0x88, "\x03\xea"),
		append(clientFrame(0x01, "a"), clientFrame(0x80, "b")...), append(clientFrame(0x81, "a"), clientFrame(0x80, "b")...),
		append(append(clientFrame(0x02, "a"), clientFrame(0x8a, "x")...), clientFrame(0x00, "b")...),
		clientFrame(0x81, strings.Repeat("y", 200)), clientFrame(0xc1, "a"),
		clientFrame(0xc1, string(deflate([]byte("hello, hello, hello")))), append(clientFrame(0x41, "\xca\x48"), clientFrame(0x80, "\xcd\xc9\xc9\x07\x00")...),
		clientFrame(0xc1, string(deflate(bytes.Repeat([]byte("x"), 1<<15)))), clientFrame(0xc9, "p"), append(clientFrame(0x01, "a"), clientFrame(0xc0, "b")...),
		{0x81, 0xfe, 0, 1, 0, 0, 0, 0, 'a'},
		{0x81, 0x01, 'a'},
		{0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4},
	} {
		f.Add(raw, uint8(3))
	}
	f.Fuzz(func(t *testing.T, raw []byte, step uint8) {
		const limit = 1 << 14
		whole := hear(bytes.Clone(raw), limit, len(raw)+1)
		if diff := cmp.Diff(whole, hear(bytes.Clone(raw), limit, int(step)+1)); diff != "" {
			t.Fatalf("%x in pieces of %d (-whole +pieces):\n%s", raw, int(step)+1, diff)
		}
		packed := hearFrom(inbound{deflate: true}, bytes.Clone(raw), limit, len(raw)+1)
		if diff := cmp.Diff(packed, hearFrom(inbound{deflate: true}, bytes.Clone(raw), limit, int(step)+1)); diff != "" {
			t.Fatalf("%x with compression, in pieces of %d (-whole +pieces):\n%s", raw, int(step)+1, diff)
		}
		reference, strict := judged(t, raw, limit)
		if whole.End == "breach" && reference.End == "" {
			// It looks at a header only once it is whole.
			reference, strict = judged(t, append(bytes.Clone(raw), make([]byte, 14)...), limit)
		}
		if strict {
			return // It forgives what we do not.
		}
		if whole.End == "over" && reference.End == "" {
			reference.End = "over" // It waits for bytes that never come.
		}
		if diff := cmp.Diff(reference, whole); diff != "" {
			t.Fatalf("%x (-reference +ours):\n%s", raw, diff)
		}
	})
}

// judged is what the library of the tests' clients hears as a server. It forgives
// lengths that are not in their shortest form, of control frames too, and close
// reasons that are not UTF-8: then strict is true, for RFC 6455 does not.
func judged(t *testing.T, raw []byte, limit int64) (h heard, strict bool) {
	t.Helper()
	w := &hijacked{conn: &replay{in: bytes.NewReader(raw)}}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for k, v := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(k, v)
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		OnPingReceived: func(_ context.Context, p []byte) bool { h.Pings = append(h.Pings, string(p)); return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(limit)
	for err == nil {
		var (
			kind websocket.MessageType
			data []byte
		)
		if kind, data, err = c.Read(t.Context()); err == nil {
			h.Messages = append(h.Messages, fmt.Sprintf("%d %q", kind, data))
		}
	}
	var in inbound
	for b := bytes.Clone(raw); ; {
		_, n, fault := in.next(b, int(limit))
		if fault != nil && (strings.Contains(fault.Error(), "shortest") || strings.Contains(fault.Error(), "too long") || strings.Contains(fault.Error(), "UTF-8")) {
			return h, true
		}
		if fault != nil || n == 0 || in.over || in.skip > 0 {
			break
		}
		b = b[n:]
	}
	code := w.conn.closed(t)
	switch status := websocket.CloseStatus(err); {
	case status >= 0: // The client's own close frame; whatever it says is echoed.
		h.End = fmt.Sprint("close ", int(status))
	case code == int(websocket.StatusMessageTooBig):
		h.End = "over"
	case code == closeProtocol, !errors.Is(err, errSilence): // Told with or without a close frame.
		h.End = "breach"
	}
	return h, false
}

var errSilence = errors.New("nothing more was sent")

// replay is a connection whose peer has sent everything already.
type replay struct {
	net.Conn
	in  *bytes.Reader
	out bytes.Buffer
}

// Read ends with an error of its own: the library takes io.EOF in the middle of a
// message for the end of it.
func (r *replay) Read(p []byte) (int, error) {
	if n, err := r.in.Read(p); err == nil {
		return n, nil
	}
	return 0, errSilence
}

func (r *replay) Write(p []byte) (int, error)      { return r.out.Write(p) }
func (r *replay) Close() error                     { return nil }
func (r *replay) SetDeadline(time.Time) error      { return nil }
func (r *replay) SetReadDeadline(time.Time) error  { return nil }
func (r *replay) SetWriteDeadline(time.Time) error { return nil }

// closed is the code of the close frame that was written, or 0.
func (r *replay) closed(t *testing.T) int {
	t.Helper()
	for b := r.out.Bytes(); len(b) >= 2; {
		n := int(b[1])
		if n > maxControl {
			t.Fatalf("a server wrote a frame of more than control: %x", b)
		}
		if opcode(b[0]&0x0f) == opClose && n >= 2 {
			return int(binary.BigEndian.Uint16(b[2:]))
		}
		b = b[2+n:]
	}
	return 0
}

type hijacked struct {
	http.ResponseWriter
	conn *replay
	head http.Header
}

func (h *hijacked) Header() http.Header {
	if h.head == nil {
		h.head = http.Header{}
	}
	return h.head
}
func (h *hijacked) WriteHeader(int) {}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

func TestServerFrames(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 1<<16 - 1, 1 << 16} {
		raw := wireText(bytes.Repeat([]byte("x"), n), []byte("y"))
		// Masked, it is what a client of ours may send: then we can read it.
		for _, want := range []int{n, 1} {
			size := 2
			if want > 125 {
				size += 2
			}
			if want >= 1<<16 {
				size += 6
			}
			masked := append(append(bytes.Clone(raw[:size]), 0, 0, 0, 0), raw[size:]...)
			masked[1] |= 0x80
			m, used, err := (&inbound{}).next(masked, 1<<20)
			if err != nil || m.kind != opText || len(m.data) != want || used != size+4+want {
				t.Fatalf("%d bytes: %+v %d %v", want, m, used, err)
			}
			raw = raw[used-4:]
		}
	}
	if got := wireClose(4001, "going_away"); string(got) != "\x88\x0c\x0f\xa1going_away" {
		t.Errorf("close frame %q", got)
	}
	if got := wireClose(closeNoStatus, "x"); string(got) != "\x88\x00" {
		t.Errorf("close frame without a code %q", got)
	}
	// The example of RFC 6455 section 1.3.
	if got := acceptKey("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("accept key %q", got)
	}
}
