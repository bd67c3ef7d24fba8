package ws

import (
	"strconv"
	"time"

	"github.com/gofiber/contrib/websocket"

	"showrunner/conversion/care/desk"
)

// pathAgent is the label of agents in the connections metric.
const pathAgent = "agent"

// agentWelcome is the first frame to an agent. Recovered: what was missed follows;
// otherwise sessions and queue are how things stand at n.
type agentWelcome struct {
	Type      string    `json:"type"`
	Agent     agentJSON `json:"agent"`
	N         int64     `json:"n"`
	Recovered bool      `json:"recovered"`
	Sessions  []any     `json:"sessions,omitzero"`
	Queue     []any     `json:"queue,omitzero"`
}

// agentTurn is one turn to an agent. A session that is gone is told by its name.
type agentTurn struct {
	Type      desk.TurnKind `json:"type"`
	N         int64         `json:"n"`
	At        string        `json:"at"`
	SessionID string        `json:"session_id"`
	Session   any           `json:"session,omitempty"`
	Message   any           `json:"message,omitempty"`
	Clock     string        `json:"clock,omitempty"`
	Gone      bool          `json:"gone,omitempty"`
}

func (c *agentConn) frame(t *desk.Turn) []byte {
	f := agentTurn{Type: t.Kind, N: t.N, At: stamp(t.At), SessionID: t.Session.ID, Clock: t.Clock, Gone: t.Gone}
	if t.Message != nil {
		f.Message = c.srv.deps.ServiceWire.Message(*t.Message)
	}
	if !t.Gone {
		f.Session = c.srv.deps.ServiceWire.Session(t.Session)
	}
	return encode(f)
}

// put writes one frame.
func (c *agentConn) put(frame []byte) error {
	if err := c.sock.SetWriteDeadline(time.Now().Add(c.srv.deps.Timing.Write)); err != nil { //nolint:forbidigo // a socket deadline is real time.
		return err //nolint:wrapcheck // the socket is gone; nobody reads why.
	}
	return c.sock.WriteMessage(websocket.TextMessage, frame) //nolint:wrapcheck // likewise.
}

// sayBye writes the bye and the close frame, and gives the peer a moment to answer.
func (c *agentConn) sayBye(bye byeFrame) {
	c.srv.metrics.byes.WithLabelValues(strconv.Itoa(int(bye.Code))).Inc()
	if c.put(encode(bye)) == nil {
		_ = c.sock.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(int(bye.Code), bye.Reason), time.Now().Add(c.srv.deps.Timing.Close)) //nolint:forbidigo // a socket deadline is real time; a socket that is gone needs no close.
	}
	c.readFor(c.srv.deps.Timing.Close)
}

// cutReader ends a reader that waits for an agent whose writer has ended, after
// the moment that a closing handshake takes.
func (c *agentConn) cutReader() { c.readFor(c.srv.deps.Timing.Close) }

// extend gives the agent until the next sign of life, or until the end of the
// handshake once the writer has ended.
func (c *agentConn) extend() {
	c.readFor(c.srv.deps.Timing.Idle)
	select {
	case <-c.done:
		c.cutReader()
	default:
	}
}

// cut ends whatever the socket is waiting for.
func (c *agentConn) cut() {
	_ = c.sock.NetConn().SetDeadline(time.Unix(1, 0)) // It fails on a closed socket only.
}

// readFor bounds how long the reader waits for the next frame.
func (c *agentConn) readFor(d time.Duration) {
	_ = c.sock.NetConn().SetReadDeadline(time.Now().Add(d)) //nolint:forbidigo // a socket deadline is real time; it fails on a closed socket only.
}
