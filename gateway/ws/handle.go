package ws

import (
	"time"

	"showrunner/live"
)

// incoming is a frame that was counted and read.
type incoming struct {
	request
	bad    *live.Error
	at     time.Time
	within bool          // the limit of all frames
	wait   time.Duration // if not
}

// handle carries out one frame and answers it.
func (c *conn) handle(raw []byte) {
	if in, ok := c.receive(raw); ok {
		c.carryOut(&in)
	}
}

// receive counts a frame and reads it. It reports false for one that ended the
// connection.
func (c *conn) receive(raw []byte) (in incoming, ok bool) {
	in.at = c.srv.now()
	if ok, wait := c.limits.take(c.srv.paces, classFlood, in.at); !ok {
		c.hangUp(byeFor(live.RateLimited(wait, "far too many frames")))
		return in, false
	}
	in.within, in.wait = c.limits.take(c.srv.paces, classAll, in.at)
	in.request, in.bad = decode(raw)
	return in, true
}

// carryOut does what a frame asks for and answers it.
func (c *conn) carryOut(in *incoming) {
	q, now := in.request, in.at
	if no := c.limited(&q, !in.within, in.wait, now); no != nil {
		c.refuse(q, no)
		return
	}
	if in.bad != nil {
		c.refuse(q, in.bad)
		return
	}
	var (
		data any
		err  error
	)
	switch kind := live.Kind(q.Type); {
	case q.Type == typePlaceOrder:
		data, err = c.placeOrder(q, now)
	case q.Type == typeJoinWaitlist:
		data, err = c.joinWaitlist(q)
	case service(q.Type):
		data, err = c.serve(q)
	case benefit(q.Type):
		data, err = c.benefit(q)
	case q.Type == typeCancelOrder:
		data, err = c.cancelOrder(q, now)
	case live.CommandName(q.Type).Known():
		data, err = c.command(q, now)
	case fromViewer(kind):
		if err = c.state(q, kind, now); err == nil {
			return // The fact line answers once the fact is durable.
		}
	default:
		err = live.Invalid("unknown_type", "type", "this is nothing a client may send")
	}
	if err != nil {
		c.refuse(q, err)
		return
	}
	c.answer(q, data)
}

func fromViewer(k live.Kind) bool {
	spec, ok := live.SpecOf(k)
	return ok && spec.From&live.FromViewer != 0
}

func (c *conn) answer(q request, data any) {
	c.srv.metrics.requests.WithLabelValues(q.Type, "ok").Inc()
	c.send(ackOK(q.ID, data))
}

// refuse answers a frame with an error. What is our own fault is logged here.
func (c *conn) refuse(q request, err error) {
	e, known := refusal(err)
	if !known {
		c.srv.deps.Logger.Error("serving a frame", "type", label(q.Type), "room_id", c.room.ID, "error", err)
	}
	c.srv.metrics.requests.WithLabelValues(label(q.Type), e.Code).Inc()
	c.send(ackRefused(q.ID, e))
}

// label keeps the values of a metric's label bounded, whatever clients send.
func label(kind string) string {
	if kind == typePlaceOrder || kind == typeCancelOrder || kind == typeJoinWaitlist || benefit(kind) || service(kind) || live.CommandName(kind).Known() || fromViewer(live.Kind(kind)) {
		return kind
	}
	return "other"
}
