package api

import (
	"context"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// Desk is the service desk; conversion/care/desk is it. What a caller may not see
// it says is not there.
type Desk interface {
	CreateEntry(ctx context.Context, by live.Principal, e desk.Entry) (desk.Entry, error)
	UpdateEntry(ctx context.Context, m live.MerchantID, by live.Principal, id string, p desk.EntryPatch) (desk.Entry, error)
	RetireEntry(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Entry, error)
	Entry(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Entry, error)
	Entries(ctx context.Context, by live.Principal, f desk.EntryFilter) ([]desk.Entry, string, error)

	Open(ctx context.Context, by live.Principal, in desk.Open) (desk.Opened, error)
	Say(ctx context.Context, by live.Principal, in desk.Say) (desk.Message, desk.Session, error)
	AskHuman(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Session, error)
	Accept(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Session, error)
	Transfer(ctx context.Context, by live.Principal, in desk.Transfer) (desk.Session, error)
	Close(ctx context.Context, m live.MerchantID, by live.Principal, id string, how care.Resolution) (desk.Session, error)
	Rate(ctx context.Context, m live.MerchantID, by live.Principal, id string, score int64) (desk.Session, error)
	Tag(ctx context.Context, m live.MerchantID, by live.Principal, id string, tags []string) (desk.Session, error)
	Session(ctx context.Context, m live.MerchantID, by live.Principal, id string) (desk.Session, error)
	Sessions(ctx context.Context, by live.Principal, f desk.SessionFilter) ([]desk.Session, string, error)
	Messages(ctx context.Context, m live.MerchantID, by live.Principal, session string, after int64, most int) ([]desk.Message, error)

	PutAgent(ctx context.Context, by live.Principal, a desk.Agent) (desk.Agent, error)
	Agents(ctx context.Context, m live.MerchantID, by live.Principal) ([]desk.Agent, error)
	SetOwner(ctx context.Context, m live.MerchantID, by live.Principal, p live.PersonID, agent string) (desk.Owned, error)
	People(ctx context.Context, m live.MerchantID, by live.Principal, agent, cursor string, most int) ([]desk.Owned, string, error)
	Figures(ctx context.Context, f desk.FigureFilter) (desk.Figures, error)
	Scores(ctx context.Context, f desk.FigureFilter) ([]desk.Score, error)
	Leave(ctx context.Context, m live.MerchantID, by live.Principal, id string, to []string) (desk.Left, error)
	Owner(ctx context.Context, m live.MerchantID, p live.PersonID) (string, error)
	Serves(ctx context.Context, m live.MerchantID, by live.Principal, p live.PersonID) (bool, error)

	Settings(ctx context.Context, m live.MerchantID) (care.Settings, error)
	SetSettings(ctx context.Context, m live.MerchantID, by live.Principal, s care.Settings) (care.Settings, error)
	Answers(ctx context.Context, m live.MerchantID) ([]care.Answer, error)
	SetAnswers(ctx context.Context, m live.MerchantID, by live.Principal, list []care.Answer) ([]care.Answer, error)
}
