package ws

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 names it; it protects nothing.
	"encoding/base64"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// acceptGUID is what RFC 6455 section 1.3 has appended to a client's key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// acceptKey answers the key of a client's handshake.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // see the import.
	return base64.StdEncoding.EncodeToString(sum[:])
}

// shakeHands makes the answer to the handshake of RFC 6455 section 4.2.2, which
// the caller sends. That the request asks for a websocket was checked before.
// Deflate says that it agrees to compression.
func shakeHands(c *fiber.Ctx, deflate bool) (answer []byte, err error) {
	key := c.Get("Sec-WebSocket-Key")
	if c.Method() != fiber.MethodGet || key == "" || !offers(c.Get("Sec-WebSocket-Version"), "13") {
		return nil, badHandshake()
	}
	c.Status(fiber.StatusSwitchingProtocols) // It is counted by it.
	answer = append(make([]byte, 0, 256), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	answer = append(answer, acceptKey(key)...)
	if offers(c.Get(fiber.HeaderSecWebSocketProtocol), Subprotocol) {
		answer = append(answer, "\r\nSec-WebSocket-Protocol: "+Subprotocol...)
	}
	if deflate {
		answer = append(answer, "\r\nSec-WebSocket-Extensions: "+deflateAnswer...)
	}
	if id := c.GetRespHeader(fiber.HeaderXRequestID); id != "" {
		answer = append(append(answer, "\r\nX-Request-Id: "...), id...)
	}
	return append(answer, "\r\n\r\n"...), nil
}

// offers reports whether a list of tokens has one, whatever its case.
func offers(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(t), token) {
			return true
		}
	}
	return false
}
