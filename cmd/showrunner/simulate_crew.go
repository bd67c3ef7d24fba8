package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simSpam remembers the newest comment of each spammer, as the operator saw it.
type simSpam struct {
	mu     sync.Mutex
	newest map[string]string // person to comment id
}

func (s *simSpam) saw(person, comment string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest == nil {
		s.newest = map[string]string{}
	}
	s.newest[person] = comment
}

func (s *simSpam) of(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest[person]
}

// direct is host and operator at their panels: it connects both, gives every
// command at its time and leaves when the show is over.
func (r *simRun) direct(ctx context.Context) error {
	eye := r.eyes.open(r.operatorID())
	spammers := map[string]bool{}
	for _, p := range r.script.People {
		if p.Spams {
			spammers[r.person(p.Key)] = true
		}
	}
	var err error
	r.operator, err = r.panel(ctx, live.RoleOperator, r.operatorID(), "Operator 中控", func(s *simSocket) {
		s.onWelcome, s.onGap = eye.welcome, eye.gap
		s.onSnapshot = r.pulse.beat
		s.onLost = func() { r.reconnects.Add(1); r.pulse.lost() }
		s.onEvents = func(e simEvents) {
			eye.events(e)
			for _, x := range e.Events {
				r.benefits.saw(x, r.tally)
				if x.Type != string(live.CommentSent) || !spammers[x.Actor.ID] {
					continue
				}
				var d struct {
					ID string `json:"comment_id"`
				}
				if json.Unmarshal(x.Data, &d) == nil {
					r.spam.saw(x.Actor.ID, d.ID)
				}
			}
		}
	})
	if err != nil {
		return err
	}
	defer r.operator.close()
	r.host, err = r.panel(ctx, live.RoleHost, r.hostID(), "Host 主播", func(s *simSocket) {
		s.onPrompt = func() { r.prompted.Add(1) }
		s.onLost = func() { r.reconnects.Add(1); r.hostLost.Add(1) }
	})
	if err != nil {
		return err
	}
	defer r.host.close()
	for i := range r.script.Crew {
		c := &r.script.Crew[i]
		switch c.Command {
		case live.StartShow:
		case live.EndShow:
			if err := sleepUntil(ctx, r.at(c.At)); err != nil {
				return err
			}
			select {
			case <-r.finale:
			case <-ctx.Done():
				return ctx.Err()
			}
			close(r.ending)
		default:
			if err := sleepUntil(ctx, r.at(c.At)); err != nil {
				return err
			}
		}
		if err := r.cue(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.Command, err)
		}
		switch c.Command {
		case live.StartShow:
			r.began = time.Now()
			close(r.onAir)
		case live.EndShow:
			close(r.over)
		}
	}
	return r.eyes.sawEnd(ctx, r.operatorID())
}

func (r *simRun) panel(ctx context.Context, role live.Role, subject, name string, set func(*simSocket)) (*simSocket, error) {
	token, err := r.token(role, subject, name)
	if err != nil {
		return nil, err
	}
	u, err := r.socketURL(url.Values{"panel": {"1"}})
	if err != nil {
		return nil, err
	}
	s := &simSocket{name: subject, url: u, token: token, dials: r.dials}
	set(s)
	s.open(ctx)
	ready, cancel := context.WithTimeout(ctx, simPatience)
	defer cancel()
	if _, err := s.ready(ready); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// cue gives one command.
func (r *simRun) cue(ctx context.Context, c *sim.Cue) error {
	socket := r.host
	if c.By == live.RoleOperator {
		socket = r.operator
	}
	args := c.Args
	if c.Person >= 0 {
		person := r.person(r.script.People[c.Person].Key)
		args.Viewer = person
		if c.Command == live.HideComment {
			args.Viewer = ""
			if args.Comment = r.spam.of(person); args.Comment == "" {
				return nil // nothing of theirs came through in time
			}
		}
	}
	r.benefits.fill(r, c.Command, &args)
	data := struct {
		sim.Args
		Command string      `json:"command_id"`
		Show    live.ShowID `json:"show_id"`
	}{args, r.name + "." + c.Name, r.show}
	_, err := socket.ask(ctx, simFrame{ID: c.Name, Type: string(c.Command), Data: data})
	// Entries may close a moment later than the script says, and the refusal is
	// kept beside the command's id: asked again it is another command.
	for n := 1; refusedAs(err, "draw_open") && n < 60; n++ {
		if err := sleepFor(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		data.Command = fmt.Sprintf("%s.%s.%d", r.name, c.Name, n)
		_, err = socket.ask(ctx, simFrame{ID: c.Name, Type: string(c.Command), Data: data})
	}
	if _, ok := errors.AsType[*simRefusal](err); ok {
		// The show goes on; a refusal of what the script holds to be right fails the run.
		if c.Command == live.StartShow || c.Command == live.EndShow {
			return err
		}
		r.notes.add("%s of the %s was refused: %v", c.Command, c.By, err)
		return nil
	}
	if err != nil {
		return err
	}
	switch c.Command {
	case live.PinProduct:
		r.tally.Pinned(c.Args.Product)
	case live.SendPrompt:
		r.prompts.Add(1)
	}
	return nil
}
