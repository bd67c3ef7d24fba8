package ws

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestOffersDeflate(t *testing.T) {
	for header, want := range map[string]bool{
		"":                   false,
		"permessage-deflate": true,
		"permessage-deflate; client_max_window_bits":                                          true, // Chrome, Safari
		"permessage-deflate; client_max_window_bits=10":                                       true,
		`permessage-deflate; client_max_window_bits="15"`:                                     true,
		"permessage-deflate; client_max_window_bits=16":                                       false,
		"permessage-deflate; client_max_window_bits=":                                         false,
		"permessage-deflate; server_no_context_takeover; client_no_context_takeover":          true,
		"Permessage-Deflate;Server_No_Context_Takeover":                                       true,
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover":          false,
		"permessage-deflate; server_no_context_takeover=1":                                    false,
		"permessage-deflate; server_max_window_bits=10":                                       false,
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":                   true,
		"permessage-deflate; something":                                                       false,
		"permessage-deflate;":                                                                 false,
		"permessage-deflate-too":                                                              false,
		"x-webkit-deflate-frame":                                                              false,
		"permessage-bzip2; level=9, permessage-deflate; client_max_window_bits, x; y":         true,
		"permessage-deflate; client_max_window_bits=8; client_no_context_takeover; unknown=1": false,
	} {
		if got := offersDeflate(header); got != want {
			t.Errorf("%q: %t, want %t", header, got, want)
		}
	}
}

// TestInboundDeflated has the examples of RFC 7692 section 7.2.3.
func TestInboundDeflated(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	bomb := string(deflate(bytes.Repeat([]byte("x"), 1<<20)))
	for _, c := range []struct {
		name string
		raw  []byte
		want heard
	}{
		{"one block", clientFrame(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00"), heard{Messages: []string{`1 "Hello" deflated`}}},
		{"in fragments", join(clientFrame(0x41, "\xf2\x48\xcd"), clientFrame(0x89, "p"), clientFrame(0x80, "\xc9\xc9\x07\x00")), heard{Messages: []string{`1 "Hello" deflated`}, Pings: []string{"p"}}},
		{"stored", clientFrame(0xc1, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), heard{Messages: []string{`1 "Hello" deflated`}}},
		{"a last block", clientFrame(0xc1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), heard{Messages: []string{`1 "Hello" deflated`}}},
		{"two blocks", clientFrame(0xc1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), heard{Messages: []string{`1 "Hello" deflated`}}},
		{"plain between", join(clientFrame(0x81, "a"), clientFrame(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00"), clientFrame(0x81, "b")), heard{Messages: []string{`1 "a"`, `1 "Hello" deflated`, `1 "b"`}}},
		{"plain in fragments behind it", join(clientFrame(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00"), clientFrame(0x01, "a"), clientFrame(0x80, "b")), heard{Messages: []string{`1 "Hello" deflated`, `1 "ab"`}}},
		{"empty", clientFrame(0xc1, "\x00"), heard{Messages: []string{`1 "" deflated`}}},
		{"broken", clientFrame(0xc1, "\xff\xff\xff"), heard{End: "websocket: a message that does not inflate"}},
		{"cut off", clientFrame(0xc1, "\xf2\x48\xcd"), heard{End: "websocket: a message that does not inflate"}},
		{"a bomb", clientFrame(0xc1, bomb), heard{End: errBomb.Error()}},
		{"a bomb in fragments", join(clientFrame(0x41, bomb[:10]), clientFrame(0x80, bomb[10:])), heard{End: errBomb.Error()}},
		{"a marked ping", clientFrame(0xc9, "p"), heard{End: "breach"}},
		{"a marked continuation", join(clientFrame(0x01, "a"), clientFrame(0xc0, "b")), heard{End: "breach"}},
		{"another reserved bit", clientFrame(0xa1, "a"), heard{End: "breach"}},
	} {
		for _, step := range []int{1 << 20, 1, 3} {
			if diff := cmp.Diff(c.want, hearFrom(inbound{deflate: true}, c.raw, 1<<14, step)); diff != "" {
				t.Errorf("%s, %d bytes at a time (-want +got):\n%s", c.name, step, diff)
			}
		}
	}
}

// TestDeflateComesBack: what we compress inflates to the same, and not beyond the
// limit.
func TestDeflateComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringN(0, 40, -1).Draw(t, "word")
		data := []byte(strings.Repeat(word, rapid.IntRange(0, 200).Draw(t, "times")))
		limit := rapid.IntRange(0, 2*len(data)+1).Draw(t, "limit")
		packed := deflate(data)
		if bytes.HasSuffix(packed, []byte(flushed)) && len(data) > 0 {
			t.Fatalf("%x still has its end", packed)
		}
		got, err := inflate(packed, limit)
		switch {
		case len(data) > limit:
			if !errors.Is(err, errBomb) {
				t.Fatalf("%d bytes with a limit of %d: %d, %v", len(data), limit, len(got), err)
			}
		case err != nil || !bytes.Equal(got, data):
			t.Fatalf("%q came back as %q, %v", data, got, err)
		}
	})
}

// TestWireDeflated: only large frames are compressed, and only if they get smaller.
func TestWireDeflated(t *testing.T) {
	small, large := []byte(`{"a":1}`), []byte(`{"events":[`+strings.Repeat(`{"type":"comment_sent"},`, 100)+`]}`)
	noise := make([]byte, 2000)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	plain := wireText(small, noise)
	if got := wireDeflated(plain, small, noise); &got[0] != &plain[0] {
		t.Error("what gets no smaller was made anew")
	}
	wire := wireDeflated(wireText(small, large, small), small, large, small)
	if len(wire) > len(large)/4 {
		t.Errorf("%d bytes of %d", len(wire), len(large))
	}
	var first []byte
	var payloads [][]byte
	for len(wire) > 0 {
		n, head := int(wire[1]), 2
		if n == 126 {
			n, head = int(wire[2])<<8|int(wire[3]), 4
		}
		first, payloads, wire = append(first, wire[0]), append(payloads, wire[head:head+n]), wire[head+n:]
	}
	if diff := cmp.Diff([]byte{0x81, 0xc1, 0x81}, first); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if got, err := inflate(payloads[1], 1<<16); err != nil || !bytes.Equal(got, large) {
		t.Errorf("the large frame came back as %q, %v", got, err)
	}
}

// BenchmarkDeflate is what it costs to compress the frame of a busy tick, once for
// all viewers, and what is left of it.
func BenchmarkDeflate(b *testing.B) {
	for _, comments := range []int{5, 20, 100} {
		b.Run(fmt.Sprint(comments, " comments"), func(b *testing.B) {
			var events [][]byte
			for i := range comments {
				id := fmt.Sprintf("0198%08x-%04x-7000-8000-%012x", uint32(i)*2654435761, i, uint64(i)*0x9E3779B97F4A7C15>>16)
				events = append(events, fmt.Appendf(nil, `{"type":"comment_sent","event_id":"%s","at":"2026-03-06T12:01:02.%03dZ","actor":{"id":"viewer-%d","name":"Viewer %d","role":"viewer"},"data":{"comment_id":"%s","text":"is there one in size %d left, please?"}}`, id, i, i*7919, i, id, i))
			}
			f := Framer{}.Events("9f2c", 1, events)
			plain := wireText(f)
			b.ReportAllocs()
			var packed []byte
			for b.Loop() {
				packed = wireDeflated(plain, f)
			}
			b.ReportMetric(float64(len(packed))/float64(len(plain)), "of-plain")
		})
	}
}

func FuzzInflate(f *testing.F) {
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), uint16(5))
	f.Add(deflate(bytes.Repeat([]byte("x"), 1<<16)), uint16(100))
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), uint16(100))
	f.Fuzz(func(t *testing.T, raw []byte, limit uint16) {
		out, err := inflate(raw, int(limit))
		if err != nil {
			return
		}
		if len(out) > int(limit) {
			t.Fatalf("%d bytes with a limit of %d", len(out), limit)
		}
		again, err := inflate(deflate(out), len(out))
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%x came back as %x, %v", out, again, err)
		}
	})
}
