package crowd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Speech is how the clients of a crowd talk to a server.
type Speech interface {
	// Request is the HTTP request that opens the websocket of client i.
	Request(i int) []byte
	// Hello is what client i sends once the websocket is open; nil: nothing.
	Hello(i int) []byte
	// Joined reports whether the frame tells that the client is in the room.
	Joined(frame []byte) bool
	// Read tells what a frame carries.
	Read(frame []byte) Content
}

// Content is what one frame carries.
type Content struct {
	Due  []int64  // when each marked message was due, in Unix nanoseconds
	Must []string // names of the events that nobody may miss, in their order
	Gap  bool     // the server says that this client missed something
}

// mark precedes the time a message was due, in Unix nanoseconds, in its text. A
// space ends it.
const mark = "bench-due-"

// Text is a comment that carries its due time; pad makes it longer by about as
// many bytes. Without, its event is about 150 bytes.
func Text(due int64, pad int) string {
	return mark + strconv.FormatInt(due, 10) + " 这件有大一码的吗？ does it run true to size?" + strings.Repeat("好", pad/3)
}

// dues finds the times in the marks of a frame.
func dues(frame []byte) (out []int64) {
	for _, rest, ok := bytes.Cut(frame, []byte(mark)); ok; _, rest, ok = bytes.Cut(rest, []byte(mark)) {
		digits, _, ends := bytes.Cut(rest[:min(len(rest), 24)], []byte{' '})
		if n, err := strconv.ParseInt(string(digits), 10, 64); ends && err == nil {
			out = append(out, n)
		}
	}
	return out
}

// pinned precedes the name of an event that nobody may miss.
const pinned = `"type":"product_pinned","event_id":"`

// upgrade is a websocket handshake; the key need not be random for a bench.
func upgrade(host, path, headers string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", path, host, headers)
}

// Showrunner is our own protocol.
type Showrunner struct {
	Host   string // host:port
	Room   string
	Tokens []string // one for each client
	Query  string   // of the address, such as channel=bench
}

// Request opens the room with the client's own token.
func (s *Showrunner) Request(i int) []byte {
	return upgrade(s.Host, "/v1/rooms/"+s.Room+"/ws?"+s.Query, "Sec-WebSocket-Protocol: showrunner.v1, bearer."+s.Tokens[i]+"\r\n")
}

// Hello is nothing: the server speaks first.
func (s *Showrunner) Hello(int) []byte { return nil }

// Joined waits for the welcome.
func (s *Showrunner) Joined(frame []byte) bool {
	return bytes.HasPrefix(frame, []byte(`{"type":"welcome"`))
}

// Read finds comments, and the pins of products, which nobody may miss.
func (s *Showrunner) Read(frame []byte) Content {
	if bytes.HasPrefix(frame, []byte(`{"type":"gap"`)) {
		return Content{Gap: true} // It holds the state of the room, and no messages.
	}
	c := Content{Due: dues(frame)}
	for _, rest, ok := bytes.Cut(frame, []byte(pinned)); ok; _, rest, ok = bytes.Cut(rest, []byte(pinned)) {
		id, _, _ := bytes.Cut(rest, []byte{'"'})
		c.Must = append(c.Must, string(id))
	}
	return c
}

// Centrifuge is the JSON protocol of the centrifuge library and of Centrifugo.
type Centrifuge struct {
	Host    string // host:port
	Channel string
	Tokens  []string // one for each client; nil: the server asks for none
}

// Request opens the connection.
func (c *Centrifuge) Request(int) []byte { return upgrade(c.Host, "/connection/websocket", "") }

// Hello connects and subscribes in one frame.
func (c *Centrifuge) Hello(i int) []byte {
	connect := "{}"
	if c.Tokens != nil {
		connect = fmt.Sprintf(`{"token":%q}`, c.Tokens[i])
	}
	return fmt.Appendf(nil, "{\"id\":1,\"connect\":%s}\n{\"id\":2,\"subscribe\":{\"channel\":%q}}", connect, c.Channel)
}

// Joined waits for the answer to the subscription.
func (c *Centrifuge) Joined(frame []byte) bool { return bytes.Contains(frame, []byte(`"subscribe":{`)) }

// Read finds publications.
func (c *Centrifuge) Read(frame []byte) Content { return Content{Due: dues(frame)} }

// Publish is the frame that publishes a text as a client.
func (c *Centrifuge) Publish(id int, text string) []byte {
	b, err := json.Marshal(map[string]any{"id": id, "publish": map[string]any{
		"channel": c.Channel, "data": map[string]string{"type": "comment_sent", "text": text},
	}})
	if err != nil {
		panic("BUG: a frame of strings cannot be encoded: " + err.Error())
	}
	return b
}

// fold joins the names of the events seen so far into one number that is the
// same for everybody who saw the same events in the same order.
func fold(sum uint64, names []string) uint64 {
	h := fnv.New64a()
	for _, n := range names {
		h.Reset()
		_, _ = fmt.Fprintf(h, "%d %s", sum, n) // A hash never fails.
		sum = h.Sum64()
	}
	return sum
}
