package api

import (
	"context"
	"encoding/json"

	"showrunner/live"
	"showrunner/live/store"
)

// AuditRow is one entry of the audit log on the wire.
type AuditRow struct {
	ID         int64           `json:"id"`
	At         Time            `json:"at"`
	MerchantID string          `json:"merchant_id"`
	RoomID     string          `json:"room_id,omitempty"`
	ShowID     string          `json:"show_id,omitempty"`
	Actor      AuditActor      `json:"actor"`
	Action     string          `json:"action" doc:"The right that was used, for instance command.pin_product."`
	CommandID  string          `json:"command_id,omitempty"`
	Code       string          `json:"code,omitempty" doc:"Why it was refused; left out when it was done."`
	Detail     json.RawMessage `json:"detail,omitempty" doc:"An object."`
}

// AuditActor is who did it.
type AuditActor struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Role string `json:"role"`
}

func auditOf(r store.AuditRow) AuditRow {
	row := AuditRow{
		ID: r.ID, At: Time{r.At}, MerchantID: string(r.Merchant), RoomID: string(r.Room), ShowID: string(r.Show),
		Actor:  AuditActor{ID: r.Actor.ID, Name: r.Actor.Name, Role: string(r.Actor.Role)},
		Action: r.Action, CommandID: r.Command, Code: r.Code,
	}
	if json.Valid([]byte(r.Detail)) {
		row.Detail = json.RawMessage(r.Detail)
	}
	return row
}

func (a *API) audits() {
	add(a, Route{
		ID: "list-audit", Method: "GET", Path: "/v1/audit", Tag: "Audit", Summary: "Read the audit log",
		Text:    "Every command and every export of money, newest first; nothing can be changed or removed. A token limited to rooms must name a show.",
		Actions: []live.Action{live.ActAudit},
	}, a.listAudit)
}

func (a *API) listAudit(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"For an admin: of this merchant only."`
	ShowID     string `query:"show_id" doc:"Of this show only."`
},
) (*listOutput[AuditRow], error) {
	m, err := merchantFilter(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if in.ShowID != "" {
		if _, err := a.show(ctx, p, live.ShowID(in.ShowID)); err != nil {
			return nil, err
		}
	} else if p.Rooms != nil {
		return nil, live.Invalid("invalid_field", "show_id", "is required of a token limited to rooms")
	}
	rows, next, err := a.cfg.Store.Audit(ctx, store.AuditFilter{Merchant: m, Show: live.ShowID(in.ShowID), Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(rows, next, auditOf), nil
}
