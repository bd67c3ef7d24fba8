package ws

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// AgentRoute is the path of the websocket of agents.
const AgentRoute = "/v1/service/ws"

const agentKey = "showrunner.agent"

// agentArrival is what was learnt of an agent before the upgrade.
type agentArrival struct {
	reader  desk.Reader
	returns bool // since was given
	since   int64
	state   desk.AgentState
}

// agents are the connections of agents of this server.
type agents struct {
	mu      sync.Mutex
	closing chan struct{}
	closed  bool
	open    map[agentName]int
	running sync.WaitGroup
}

type agentName struct {
	merchant live.MerchantID
	id       string
}

// enter counts a connection in; false: the server stops.
func (a *agents) enter(n agentName) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.running.Add(1)
	a.open[n]++
	return true
}

// leave counts it out and reports whether it was the agent's last here.
func (a *agents) leave(n agentName) (last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[n]--; a.open[n] == 0 {
		delete(a.open, n)
		return true
	}
	return false
}

// ShutdownAgents says bye to every agent and waits until they have left or ctx
// ends. Their sessions stay theirs.
func (s *Server) ShutdownAgents(ctx context.Context) error {
	s.agents.mu.Lock()
	if !s.agents.closed {
		s.agents.closed = true
		close(s.agents.closing)
	}
	s.agents.mu.Unlock()
	left := make(chan struct{})
	go func() {
		s.agents.running.Wait()
		close(left)
	}()
	select {
	case <-left:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handleAgent judges an agent's request and upgrades it.
func (s *Server) handleAgent(c *fiber.Ctx) error {
	a, err := s.judgeAgent(c)
	if err == nil {
		c.Locals(agentKey, a)
		if s.upgradeAgent(c) != nil {
			err = badHandshake()
		}
	}
	if err != nil {
		s.metrics.refused.Inc()
		return s.deps.Refuse(c, err)
	}
	return nil
}

func (s *Server) judgeAgent(c *fiber.Ctx) (*agentArrival, error) {
	who, err := s.admit(c)
	if err != nil {
		return nil, err
	}
	if s.deps.Desk == nil {
		return nil, live.NotFound("desk_closed", "there is no service desk here")
	}
	if !who.May(live.ActServe) {
		return nil, live.Forbidden("role_forbidden", "the role %s may not do this", who.Role)
	}
	m := who.Merchant
	if named := c.Query("merchant_id"); named != "" || m == "" {
		if !live.ValidID(named) {
			return nil, live.Invalid("invalid_field", "merchant_id", "is required of a token without a merchant, and must be an identifier")
		}
		if m = live.MerchantID(strings.Clone(named)); !who.SeesMerchant(m) {
			return nil, live.Forbidden("merchant_forbidden", "the token belongs to another merchant")
		}
	}
	a := &agentArrival{reader: desk.Reader{Merchant: m, By: who}, state: desk.AgentOnline}
	for name, set := range map[string]func(){"all": func() { a.reader.All = true }, "away": func() { a.state = desk.AgentAway }} {
		switch v := c.Query(name); v {
		case "", "0":
		case "1":
			set()
		default:
			return nil, live.Invalid("invalid_field", name, "must be 1 or left out")
		}
	}
	if a.reader.All && !who.May(live.ActServiceWrite) {
		return nil, live.Forbidden("role_forbidden", "the role %s sees its own sessions", who.Role)
	}
	if since := c.Query("since"); since != "" {
		n, err := strconv.ParseInt(since, 10, 64)
		if err != nil || n < 0 {
			return nil, live.Invalid("invalid_field", "since", "must be the n of the last frame that was seen")
		}
		a.returns, a.since = true, n
	}
	return a, nil
}

// Frames by which an agent works.
const (
	agentAccept   = "accept"
	agentSend     = "send"
	agentTransfer = "transfer"
	agentClose    = "close"
	agentTag      = "tag"
	agentAway     = "away"
)

var agentTypes = []string{agentAccept, agentSend, agentTransfer, agentClose, agentTag, agentAway}

// agentCommand carries out one frame of an agent.
func (c *agentConn) command(q request) (any, error) {
	var in struct {
		Session    string           `json:"session_id"`
		Message    string           `json:"message_id"`
		Text       string           `json:"text"`
		Kind       care.MessageKind `json:"kind"`
		Agent      string           `json:"agent_id"`
		Persona    care.Persona     `json:"persona"`
		Reason     string           `json:"reason"`
		Resolution care.Resolution  `json:"resolution"`
		Tags       []string         `json:"tags"`
		Away       bool             `json:"away"`
	}
	if !slices.Contains(agentTypes, q.Type) {
		return nil, live.Invalid("unknown_type", "type", "this is nothing an agent may send")
	}
	if err := strict(q.Data, &in); err != nil {
		return nil, err
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	d, m, by := c.srv.deps.Desk, c.reader.Merchant, c.reader.By
	if q.Type == agentAway {
		state := desk.AgentOnline
		if in.Away {
			state = desk.AgentAway
		}
		a, err := d.Arrive(ctx, m, by, state)
		if err != nil {
			return nil, err
		}
		return agentOf(a), nil
	}
	if err := named("session_id", in.Session); err != nil {
		return nil, err
	}
	var s desk.Session
	var err error
	switch q.Type {
	case agentAccept:
		s, err = d.Accept(ctx, m, by, in.Session)
	case agentSend:
		said, _, err := d.Say(ctx, by, desk.Say{Merchant: m, Session: in.Session, ID: in.Message, Kind: in.Kind, Text: in.Text})
		if err != nil {
			return nil, underData(err)
		}
		return object{"message": c.srv.deps.ServiceWire.Message(said), "replay": said.Replay}, nil
	case agentTransfer:
		s, err = d.Transfer(ctx, by, desk.Transfer{Merchant: m, Session: in.Session, Agent: in.Agent, Persona: in.Persona, Reason: in.Reason})
	case agentClose:
		s, err = d.Close(ctx, m, by, in.Session, in.Resolution)
	case agentTag:
		s, err = d.Tag(ctx, m, by, in.Session, in.Tags)
	}
	if err != nil {
		return nil, underData(err)
	}
	return object{"session": c.srv.deps.ServiceWire.Session(s)}, nil
}

// agentJSON is who the agent is, as their welcome says it.
type agentJSON struct {
	ID       string          `json:"agent_id"`
	Name     string          `json:"name,omitempty"`
	Personas []care.Persona  `json:"personas"`
	Capacity int64           `json:"capacity"`
	State    desk.AgentState `json:"state"`
	Open     int64           `json:"open"`
}

func agentOf(a desk.Agent) agentJSON {
	return agentJSON{a.ID, a.Name, append([]care.Persona{}, a.Personas...), a.Capacity, a.State, a.Open}
}

// agentPoll is how often an agent's turns are looked for without a signal: what a
// server that was killed had said goes by nobody.
const agentPoll = 2 * time.Second
