package live

import (
	"encoding/json"
	"slices"
	"time"
)

// CommandName is what a panel orders.
type CommandName string

// The commands.
const (
	StartShow     CommandName = "start_show"
	PauseShow     CommandName = "pause_show"
	ResumeShow    CommandName = "resume_show"
	EndShow       CommandName = "end_show"
	PinProduct    CommandName = "pin_product"
	UnpinProduct  CommandName = "unpin_product"
	AddProduct    CommandName = "add_product"
	RemoveProduct CommandName = "remove_product"
	SetPrice      CommandName = "set_price"
	ReleaseStock  CommandName = "release_stock"
	HoldStock     CommandName = "hold_stock"
	StartFlash    CommandName = "start_flash_sale"
	EndFlash      CommandName = "end_flash_sale"
	DropCoupon    CommandName = "drop_coupon"
	StopCoupon    CommandName = "stop_coupon"
	DropRedPacket CommandName = "drop_red_packet"
	OpenDraw      CommandName = "open_lucky_draw"
	DrawWinner    CommandName = "draw"
	CancelDraw    CommandName = "cancel_lucky_draw"
	Announce      CommandName = "announce"
	HideComment   CommandName = "hide_comment"
	MuteViewer    CommandName = "mute_viewer"
	SendPrompt    CommandName = "send_prompt"

	Rehearse     CommandName = "rehearse"
	HandoverHost CommandName = "handover_host"
	StartExplain CommandName = "start_explain"
	EndExplain   CommandName = "end_explain"
	SortProducts CommandName = "sort_products"

	PinComment     CommandName = "pin_comment"
	UnpinComment   CommandName = "unpin_comment"
	RestoreComment CommandName = "restore_comment"
	UnmuteViewer   CommandName = "unmute_viewer"
	KickViewer     CommandName = "kick_viewer"
	BlockViewer    CommandName = "block_viewer"
	UnblockViewer  CommandName = "unblock_viewer"
	MuteAll        CommandName = "mute_all"
	CommentsOff    CommandName = "comments_off"
	SetSlowMode    CommandName = "set_slow_mode"
	FollowersOnly  CommandName = "followers_only"
	BlockKeyword   CommandName = "block_keyword"
	UnblockKeyword CommandName = "unblock_keyword"
	SetAutoreply   CommandName = "set_autoreply"
)

// Commands lists every command there is.
var Commands = []CommandName{
	StartShow, PauseShow, ResumeShow, EndShow, PinProduct, UnpinProduct, AddProduct, RemoveProduct,
	SetPrice, ReleaseStock, HoldStock, StartFlash, EndFlash, DropCoupon, StopCoupon, Announce, HideComment, MuteViewer, SendPrompt,
	Rehearse, HandoverHost, StartExplain, EndExplain, SortProducts,
	DropRedPacket, OpenDraw, DrawWinner, CancelDraw,
	PinComment, UnpinComment, RestoreComment, UnmuteViewer, KickViewer, BlockViewer, UnblockViewer,
	MuteAll, CommentsOff, SetSlowMode, FollowersOnly, BlockKeyword, UnblockKeyword, SetAutoreply, FlagBot, UnflagBot,
}

// Known reports whether c is a command.
func (c CommandName) Known() bool {
	return slices.Contains(Commands, c)
}

// Action is the right a caller needs to give the command.
func (c CommandName) Action() Action { return Action("command." + c) }

// Command is an order to change a show. ID makes it idempotent within the
// merchant: the same ID again returns the first answer and changes nothing.
type Command struct {
	ID       string
	Name     CommandName
	Merchant MerchantID
	Room     RoomID
	Show     ShowID // empty: the room's show that is on air, or its newest scheduled one
	By       Principal
	At       time.Time
	// ExpectedVersion, if not nil, must equal the show's version.
	ExpectedVersion *int64
	Args            json.RawMessage
}

// CommandResult is the answer to a command, kept beside its ID.
type CommandResult struct {
	Show    ShowID
	State   ShowState
	Version int64 // of the show, after the command
	Event   EventID
	Replay  bool // true: this is the kept first answer
	// Warnings are what the merchant declared to be done before the show and was not,
	// by item, without keeping it from starting; of start_show alone.
	Warnings []string
	Err      *Error
}
