package ws_test

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"showrunner/gateway/ws"
)

// The answer to the handshake and the welcome are one send: each costs as much
// as the rest of a connect's way through the shard.
func TestHandshakeAndWelcomeAreOneSend(t *testing.T) {
	if path != ws.PathEpoll {
		t.Skip("the library answers the handshake on its own")
	}
	r := newRig(t, nil)
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("GET /v1/rooms/r1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: x, showrunner.v1\r\nAuthorization: Bearer viewer\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	var first [8192]byte
	n, err := c.Read(first[:])
	if err != nil {
		t.Fatal(err)
	}
	head, frame, whole := bytes.Cut(first[:n], []byte("\r\n\r\n"))
	// The key and its answer are those of RFC 6455, section 1.3.
	if want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: showrunner.v1"; !whole || string(head) != want {
		t.Errorf("the answer is %q, want %q", head, want)
	}
	if !bytes.Contains(frame, []byte(`{"type":"welcome"`)) || frame[len(frame)-1] != '}' {
		t.Errorf("behind the answer comes %q, want the whole welcome", frame)
	}
}
