package api

import (
	"context"
	"encoding/json"

	"showrunner/live"
)

// NewCommand is the body of POST /v1/shows/{show_id}/commands.
type NewCommand struct {
	CommandID       string          `json:"command_id" doc:"Makes the command idempotent: the same id again returns the first answer." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	Command         string          `json:"command,omitempty" doc:"Name of the command."`
	Type            string          `json:"type,omitempty" doc:"The same as command, as the websocket calls it."`
	ExpectedVersion *int64          `json:"expected_version,omitempty" doc:"Refuse with version_mismatch unless the show has this version."`
	Args            json.RawMessage `json:"args,omitempty" doc:"Arguments of the command, an object."`
	Data            json.RawMessage `json:"data,omitempty" doc:"The same as args, as the websocket calls it."`
}

// Transition is the body of start, pause, resume and end. It may be left out.
type Transition struct {
	CommandID       string `json:"command_id,omitempty" doc:"Makes the command idempotent; made up by the server when left out." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	ExpectedVersion *int64 `json:"expected_version,omitempty" doc:"Refuse with version_mismatch unless the show has this version."`
}

// CommandResult answers a command.
type CommandResult struct {
	CommandID string `json:"command_id"`
	ShowID    string `json:"show_id"`
	State     string `json:"state" doc:"Of the show, after the command." enum:"scheduled,live,paused,ended,settled"`
	Version   int64  `json:"version" doc:"Of the show, after the command."`
	EventID   string `json:"event_id,omitempty" doc:"Names the event that the command made."`
	Replay    bool   `json:"replay" doc:"This is the kept first answer to the same command_id."`

	Warnings []string `json:"warnings,omitempty" doc:"Of start_show: items of the checklist that are open and do not block."`
}

type commandOutput struct{ Body CommandResult }

func (a *API) commands() {
	var each []live.Action
	for _, c := range live.Commands {
		each = append(each, c.Action())
	}
	for _, t := range []struct {
		verb, what string
		name       live.CommandName
	}{
		{"start", "Start a show", live.StartShow},
		{"pause", "Pause a show", live.PauseShow},
		{"resume", "Resume a show", live.ResumeShow},
		{"end", "End a show", live.EndShow},
	} {
		add(a, Route{
			ID: t.verb + "-show", Method: "POST", Path: "/v1/shows/{show_id}/" + t.verb, Tag: "Commands", Summary: t.what,
			Text:    "A transition that the present state does not allow is refused with 409 `wrong_state` and the state.",
			Actions: []live.Action{t.name.Action()}, body: Transition{}, optional: true, example: map[string]any{"command_id": "c-1"},
		}, a.transition(t.name))
	}
	add(a, Route{
		ID: "send-command", Method: "POST", Path: "/v1/shows/{show_id}/commands", Tag: "Commands", Summary: "Give any command of the panel",
		Text: "Each command asks for its own right and takes the arguments it takes on the websocket.", Actions: each, body: NewCommand{},
		example: map[string]any{"command_id": "c-2", "command": "pin_product", "args": map[string]any{"product_id": "p1"}},
	}, a.sendCommand)
}

func (a *API) transition(name live.CommandName) func(context.Context, live.Principal, *struct {
	ShowPath
	rawBody
}) (*commandOutput, error) {
	return func(ctx context.Context, p live.Principal, in *struct {
		ShowPath
		rawBody
	},
	) (*commandOutput, error) {
		var b Transition
		if len(in.RawBody) > 0 {
			var err error
			if b, err = decode[Transition](in.RawBody); err != nil {
				return nil, err
			}
		}
		if b.CommandID == "" {
			b.CommandID = newID()
		}
		return a.execute(ctx, p, in.ShowID, live.Command{ID: b.CommandID, Name: name, ExpectedVersion: b.ExpectedVersion})
	}
}

func (a *API) sendCommand(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	rawBody
},
) (*commandOutput, error) {
	b, err := decode[NewCommand](in.RawBody)
	if err != nil {
		return nil, err
	}
	b.Args, b.Data = given(b.Args), given(b.Data)
	name := live.CommandName(b.Command)
	if b.Command == "" {
		name = live.CommandName(b.Type)
	}
	switch {
	case b.Command != "" && b.Type != "":
		return nil, live.Invalid("invalid_field", "type", "give command or type, not both")
	case b.Args != nil && b.Data != nil:
		return nil, live.Invalid("invalid_field", "data", "give args or data, not both")
	case !name.Known():
		return nil, live.Invalid("unknown_command", "command", "%q is not a command", clipped(string(name)))
	case !p.May(name.Action()):
		return nil, live.Forbidden("role_forbidden", "the role %s may not give the command %s", p.Role, name)
	}
	args := b.Args
	if args == nil {
		args = b.Data
	}
	if args != nil && args[0] != '{' {
		return nil, live.Invalid("invalid_field", "args", "must be an object")
	}
	return a.execute(ctx, p, in.ShowID, live.Command{ID: b.CommandID, Name: name, ExpectedVersion: b.ExpectedVersion, Args: args})
}

func (a *API) execute(ctx context.Context, p live.Principal, show string, c live.Command) (*commandOutput, error) {
	if !live.ValidID(c.ID) {
		return nil, live.Invalid("invalid_field", "command_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	s, err := a.show(ctx, p, live.ShowID(show))
	if err != nil {
		return nil, err
	}
	c.Merchant, c.Room, c.Show, c.By, c.At = s.Merchant, s.Room, s.ID, p, a.cfg.Now()
	r, err := a.cfg.Store.Execute(ctx, c)
	if err != nil {
		return nil, err
	}
	if r.Err != nil {
		return nil, r.Err
	}
	return &commandOutput{CommandResult{
		CommandID: c.ID, ShowID: string(r.Show), State: string(r.State), Version: r.Version, EventID: string(r.Event), Replay: r.Replay, Warnings: r.Warnings,
	}}, nil
}
