package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"showrunner/live"
)

// effect is what a command does once its caller, show and version are right.
// It is read from the arguments before anything is looked up, and it must
// refuse before it writes: a refusal is kept beside the command's ID.
type effect func(t *tx, c *scene) error

// scene is where a command plays.
type scene struct {
	cmd  live.Command
	room live.Room
	show *live.Show   // nil when the room has none and the command needs none
	id   live.EventID // of the event that tells the result
	open []string     // items of the checklist that do not block, of start_show
}

// emit tells the room what the command did.
func (c *scene) emit(t *tx, kind live.Kind, data map[string]any) error {
	sh := live.Show{Merchant: c.room.Merchant, Room: c.room.ID}
	if c.show != nil {
		sh = *c.show
	}
	id, err := t.announceChange(&sh, kind, c.cmd.By, c.cmd.At, data)
	if c.id == "" {
		c.id = id
	}
	return err
}

// plan is one row of the command table.
type plan struct {
	read     func(*args) effect
	needShow bool // refuse when the room has no show
	open     bool // refuse when the show is over
	changes  bool // counts the show's version up
}

// plans says what every command does. That it is complete is a test.
var plans = map[live.CommandName]plan{
	live.StartShow:     {read: readTransition, needShow: true, changes: true},
	live.PauseShow:     {read: readTransition, needShow: true, changes: true},
	live.ResumeShow:    {read: readTransition, needShow: true, changes: true},
	live.EndShow:       {read: readTransition, needShow: true, changes: true},
	live.PinProduct:    {read: readPin, needShow: true, open: true, changes: true},
	live.UnpinProduct:  {read: readUnpin, needShow: true, open: true, changes: true},
	live.AddProduct:    {read: readAddProduct, needShow: true, open: true, changes: true},
	live.RemoveProduct: {read: readRemoveProduct, needShow: true, open: true, changes: true},
	live.SetPrice:      {read: readSetPrice, needShow: true, open: true, changes: true},
	live.ReleaseStock:  {read: readReleaseStock, needShow: true, open: true, changes: true},
	live.HoldStock:     {read: readHoldStock, needShow: true, open: true, changes: true},
	live.StartFlash:    {read: readStartFlashSale, needShow: true, open: true, changes: true},
	live.EndFlash:      {read: readEndFlashSale, needShow: true, open: true, changes: true},
	live.DropCoupon:    {read: readDropCoupon, needShow: true, open: true},
	live.StopCoupon:    {read: readStopCoupon, needShow: true},
	live.DropRedPacket: {read: readDropRedPacket, needShow: true, open: true},
	live.OpenDraw:      {read: readOpenDraw, needShow: true, open: true},
	live.DrawWinner:    {read: readDraw},
	live.CancelDraw:    {read: readCancelDraw},
	live.Announce:      {read: readAnnounce},
	live.HideComment:   {read: readHideComment},
	live.MuteViewer:    {read: readMuteViewer},
	live.SendPrompt:    {read: readSendPrompt},

	live.Rehearse:     {read: readRehearse, needShow: true, open: true, changes: true},
	live.HandoverHost: {read: readHandoverHost, needShow: true, open: true, changes: true},
	live.StartExplain: {read: readStartExplain, needShow: true, open: true, changes: true},
	live.EndExplain:   {read: readEndExplain, needShow: true, open: true, changes: true},
	live.SortProducts: {read: readSortProducts, needShow: true, open: true, changes: true},

	live.PinComment:     {read: readPinComment},
	live.UnpinComment:   {read: readUnpinComment},
	live.RestoreComment: {read: readRestoreComment},
	live.UnmuteViewer:   {read: readUnmuteViewer},
	live.KickViewer:     {read: readKickViewer, needShow: true, open: true},
	live.BlockViewer:    {read: readBlockViewer},
	live.UnblockViewer:  {read: readUnblockViewer},
	live.MuteAll:        {read: readSwitch(func(m *live.Modes) *bool { return &m.MuteAll })},
	live.CommentsOff:    {read: readSwitch(func(m *live.Modes) *bool { return &m.CommentsOff })},
	live.FollowersOnly:  {read: readSwitch(func(m *live.Modes) *bool { return &m.FollowersOnly })},
	live.SetSlowMode:    {read: readSlowMode},
	live.BlockKeyword:   {read: readBlockKeyword},
	live.UnblockKeyword: {read: readUnblockKeyword},
	live.SetAutoreply:   {read: readSetAutoreply},
	live.FlagBot:        {read: readFlagBot, needShow: true},
	live.UnflagBot:      {read: readUnflagBot, needShow: true},
}

// keptResult is the first answer to a command, as the database keeps it.
type keptResult struct {
	Show    live.ShowID    `json:"show_id,omitempty"`
	State   live.ShowState `json:"state,omitempty"`
	Version int64          `json:"version,omitempty"`
	Event   live.EventID   `json:"event_id,omitempty"`
	Open    []string       `json:"warnings,omitempty"`
	Fault   live.Fault     `json:"fault,omitempty"`
	Code    string         `json:"code,omitempty"`
	Field   string         `json:"field,omitempty"`
	Message string         `json:"message,omitempty"`
	Data    map[string]any `json:"data,omitempty"`
}

// Execute carries out a command of the panel. A refusal comes both as the
// error and as the result's Err. Every answer leaves an audit row. The answer
// to a command that was well-formed and permitted, done or refused by the
// state, is kept: the same ID again gets it back and changes nothing.
//
// Codes: "invalid_field", "unknown_field", "malformed_json", "unknown_command",
// "forbidden", "room_not_found", "show_not_found", "no_show", "wrong_state",
// "room_busy", "version_mismatch", "not_on_shelf", "product_not_listed",
// "already_listed", "not_pinned", "stock_limit", "over_allotment",
// "stock_in_use", "out_of_stock", "price_not_lower", "flash_sale_running",
// "no_flash_sale", "coupon_batch_not_found", "coupon_drop_running",
// "coupon_not_dropped", "coupon_voided", "coupon_expired", "coupon_exhausted",
// "coupon_product_not_listed", "currency_mismatch", "red_packet_running",
// "draw_running", "no_draw", "draw_open", "draw_over", "draw_not_found", "already_pinned",
// "not_muted", "already_kicked", "already_blocked", "not_blocked",
// "too_many_keywords", "no_autoreply", "not_a_host", "already_on",
// "already_explaining", "not_explaining", "already_flagged", "not_flagged" and
// "rehearsal_only".
func (s *Store) Execute(ctx context.Context, cmd live.Command) (live.CommandResult, error) {
	var res live.CommandResult
	err := s.write(ctx, func(t *tx) error {
		var err error
		if res, err = t.execute(cmd); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return live.CommandResult{}, err
	}
	if res.Err != nil {
		return res, res.Err
	}
	return res, nil
}

// execute answers a command. Its error is a failure of the database; a refusal
// is in the result, so that its audit row is committed.
func (t *tx) execute(cmd live.Command) (live.CommandResult, error) {
	c := &scene{cmd: cmd}
	act, err := t.admit(c)
	if err != nil {
		return t.refuse(c, err, false)
	}
	if kept, ok, err := t.keptAnswer(cmd); err != nil || ok {
		return kept, err
	}
	if err := t.carryOut(c, act); err != nil {
		return t.refuse(c, err, true)
	}
	res := c.result()
	if err := t.keepAnswer(cmd, res); err != nil {
		return res, err
	}
	return res, t.auditCommand(c, "")
}

// admit checks the form of a command and the rights of its caller.
func (t *tx) admit(c *scene) (effect, error) {
	cmd := &c.cmd
	if !live.ValidID(cmd.ID) {
		return nil, live.Invalid("invalid_field", "command_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	p, ok := plans[cmd.Name]
	if !ok {
		return nil, live.Invalid("unknown_command", "type", "is not a known command")
	}
	if cmd.Show != "" {
		sh, err := findShow(t, cmd.Show)
		if err != nil {
			return nil, err
		}
		if sh.Merchant != cmd.Merchant || cmd.Room != "" && cmd.Room != sh.Room {
			return nil, live.NotFound("show_not_found", "there is no such show")
		}
		c.show, cmd.Room = &sh, sh.Room
	}
	room, err := findRoom(t, cmd.Room)
	if err != nil {
		return nil, err
	}
	if room.Merchant != cmd.Merchant {
		return nil, live.NotFound("room_not_found", "there is no such room")
	}
	c.room = room
	switch {
	case !cmd.By.May(cmd.Name.Action()):
		return nil, live.Forbidden("forbidden", "the role %s may not give the command %s", cmd.By.Role, cmd.Name)
	case !cmd.By.Sees(room.Merchant, room.ID):
		return nil, live.Forbidden("forbidden", "the room is outside your scope")
	case cmd.By.Role == live.RoleHost && len(room.Hosts) > 0 && !slices.Contains(room.Hosts, cmd.By.Subject):
		return nil, live.Forbidden("forbidden", "you are not a host of this room")
	}
	a := parseArgs(cmd.Args)
	if want := a.id("show_id", false); want != "" && cmd.Show == "" {
		sh, err := findShow(t, live.ShowID(want))
		if err != nil || sh.Room != room.ID {
			return nil, live.NotFound("show_not_found", "there is no such show in this room")
		}
		c.show = &sh
	} else if want != "" && want != string(cmd.Show) {
		a.fail("show_id", "is not the show the command was sent to")
	}
	act := p.read(a)
	return act, a.done()
}

// carryOut checks the state and changes it.
func (t *tx) carryOut(c *scene, act effect) error {
	if c.show == nil {
		sh, ok, err := currentShow(t, c.room.ID)
		if err != nil {
			return err
		}
		if ok {
			c.show = &sh
		}
	}
	p := plans[c.cmd.Name]
	if c.show == nil && (p.needShow || c.cmd.ExpectedVersion != nil) {
		return live.Conflict("no_show", "the room has no show on air and none scheduled")
	}
	if c.cmd.By.Role.Rehearses() && (c.show == nil || !c.show.Rehearsal) {
		return live.Forbidden("rehearsal_only", "the role %s gives commands in rehearsals alone", c.cmd.By.Role)
	}
	if want := c.cmd.ExpectedVersion; want != nil && *want != c.show.Version {
		err := live.Conflict("version_mismatch", "the show is at version %d", c.show.Version)
		err.Data = map[string]any{"version": c.show.Version, "state": string(c.show.State)}
		return err
	}
	if p.open {
		if err := notOver(c.show); err != nil {
			return err
		}
	}
	if err := act(t, c); err != nil {
		return err
	}
	if p.changes {
		return t.saveShow(c.show)
	}
	return nil
}

func (c *scene) result() live.CommandResult {
	res := live.CommandResult{Event: c.id, Warnings: c.open}
	if c.show != nil {
		res.Show, res.State, res.Version = c.show.ID, c.show.State, c.show.Version
	}
	return res
}

// refuse records a refusal; admitted says that the command was well-formed and
// permitted, so that its answer is kept. A failure of the database is passed on.
func (t *tx) refuse(c *scene, err error, admitted bool) (live.CommandResult, error) {
	var no *live.Error
	if !errors.As(err, &no) {
		return live.CommandResult{}, err
	}
	res := c.result()
	res.Err = no
	if admitted {
		if err := t.keepAnswer(c.cmd, res); err != nil {
			return res, err
		}
	}
	return res, t.auditCommand(c, no.Code)
}

func (t *tx) auditCommand(c *scene, code string) error {
	row := AuditRow{
		Merchant: c.cmd.Merchant, Room: c.cmd.Room, Show: c.cmd.Show, Actor: c.cmd.By.Actor(),
		Action: string(c.cmd.Name.Action()), Command: c.cmd.ID, Code: code, Detail: string(c.cmd.Args),
	}
	if c.show != nil {
		row.Show = c.show.ID
	}
	// What was not admitted may be of any length.
	row.Command, row.Action = clip(row.Command), clip(row.Action)
	return t.audited(row)
}

func clip(s string) string { return s[:min(len(s), live.MaxIDLen)] }

func (t *tx) keptAnswer(cmd live.Command) (live.CommandResult, bool, error) {
	var raw string
	err := t.row(`SELECT result FROM commands WHERE merchant_id = ? AND command_id = ?`, string(cmd.Merchant), cmd.ID).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return live.CommandResult{}, false, nil
	}
	var k keptResult
	if err == nil {
		err = json.Unmarshal([]byte(raw), &k)
	}
	if err != nil {
		return live.CommandResult{}, false, fmt.Errorf("read the kept answer of a command: %w", err)
	}
	res := live.CommandResult{Show: k.Show, State: k.State, Version: k.Version, Event: k.Event, Warnings: k.Open, Replay: true}
	if k.Code != "" {
		res.Err = &live.Error{Fault: k.Fault, Code: k.Code, Field: k.Field, Message: k.Message, Data: k.Data}
	}
	return res, true, nil
}

func (t *tx) keepAnswer(cmd live.Command, res live.CommandResult) error {
	k := keptResult{Show: res.Show, State: res.State, Version: res.Version, Event: res.Event, Open: res.Warnings}
	if e := res.Err; e != nil {
		k.Fault, k.Code, k.Field, k.Message, k.Data = e.Fault, e.Code, e.Field, e.Message, e.Data
	}
	raw, err := json.Marshal(k)
	if err == nil {
		_, err = t.exec(`INSERT INTO commands (merchant_id, command_id, at, result) VALUES (?, ?, ?, ?)`,
			string(cmd.Merchant), cmd.ID, ms(t.now), string(raw))
	}
	if err != nil {
		return fmt.Errorf("keep the answer of a command: %w", err)
	}
	return nil
}
