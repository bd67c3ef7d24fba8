package ws

import (
	"encoding/json"
	"time"

	"showrunner/live"
)

type commandAck struct {
	EventID live.EventID   `json:"event_id,omitempty"`
	ShowID  live.ShowID    `json:"show_id"`
	State   live.ShowState `json:"state"`
	Version int64          `json:"version"`
	Replay  bool           `json:"replay"`

	Warnings []string `json:"warnings,omitempty"` // open items of the checklist, of start_show
}

// command carries out a command of the panel. Its name is the frame's type; the
// command's own members are taken out of data and the rest are its arguments.
func (c *conn) command(q request, now time.Time) (any, error) {
	cmd := live.Command{
		Name: live.CommandName(q.Type), Merchant: c.room.Merchant, Room: c.room.ID, By: c.who, At: now,
	}
	if !c.who.May(cmd.Name.Action()) {
		return nil, live.Forbidden("forbidden", "the role %s may not %s", c.who.Role, cmd.Name)
	}
	args := map[string]json.RawMessage{}
	if err := json.Unmarshal(q.Data, &args); err != nil {
		return nil, live.Invalid("malformed_json", "data", "must be a JSON object")
	}
	if !text(args["command_id"], &cmd.ID) || !live.ValidID(cmd.ID) {
		return nil, live.Invalid("invalid_field", "data.command_id", "is required, 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	if v, ok := args["show_id"]; ok {
		var id string
		if !text(v, &id) || !live.ValidID(id) {
			return nil, live.Invalid("invalid_field", "data.show_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
		cmd.Show = live.ShowID(id)
	}
	if v, ok := args["expected_version"]; ok && string(v) != "null" {
		if json.Unmarshal(v, &cmd.ExpectedVersion) != nil {
			return nil, live.Invalid("invalid_field", "data.expected_version", "must be an integer")
		}
	}
	for _, own := range []string{"command_id", "show_id", "expected_version"} {
		delete(args, own)
	}
	cmd.Args = encode(args)
	ctx, cancel := c.srv.deadline()
	defer cancel()
	r, err := c.srv.deps.Store.Execute(ctx, cmd)
	if err != nil {
		return nil, err
	}
	if r.Err != nil {
		return nil, r.Err
	}
	return commandAck{EventID: r.Event, ShowID: r.Show, State: r.State, Version: r.Version, Replay: r.Replay, Warnings: r.Warnings}, nil
}
