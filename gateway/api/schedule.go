package api

import (
	"context"
	"net/http"

	"showrunner/analytics/plan"
	"showrunner/live"
)

// NewReportSchedule is the body of POST /v1/report-schedules.
type NewReportSchedule struct {
	SubscriptionID string   `json:"subscription_id" maxLength:"128" doc:"Of the subscription it is sent to, which has the type report_due."`
	Report         string   `json:"report" enum:"show,daily,weekly" doc:"show: the post-show report of every show; daily, weekly: the comparison of the day, or of the week from Monday to Sunday, with the one before it."`
	Moments        []string `json:"moments,omitempty" doc:"Of show: t0 at the end, t1, t7 and t30 so many days of 24 hours after it; that of t30 is final."`
	Format         string   `json:"format,omitempty" enum:"json,csv,xlsx,html" doc:"json without it."`
	Lang           string   `json:"lang,omitempty" enum:"zh-CN,en" doc:"zh-CN without it."`
	TimeZone       string   `json:"time_zone,omitempty" maxLength:"64" doc:"Of daily and weekly: IANA name whose days are meant; that of all rooms of the merchant without it."`
	MerchantID     string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ReportSchedule is which reports are sent to a subscription.
type ReportSchedule struct {
	ID             string   `json:"schedule_id"`
	MerchantID     string   `json:"merchant_id"`
	SubscriptionID string   `json:"subscription_id"`
	Report         string   `json:"report"`
	Moments        []string `json:"moments,omitempty"`
	Format         string   `json:"format"`
	Lang           string   `json:"lang"`
	TimeZone       string   `json:"time_zone,omitempty"`
	CreatedAt      Time     `json:"created_at"`
}

// ReportRun is a report that was due.
type ReportRun struct {
	Subject    string `json:"subject" doc:"show:ID:t7, or period:FIRST:LAST."`
	DueAt      Time   `json:"due_at" doc:"As of when the report is, too."`
	Made       bool   `json:"made" doc:"Handed to the sender; what became of it then stands in the delivery."`
	Attempts   int64  `json:"attempts" doc:"To make it."`
	NextAt     *Time  `json:"next_at,omitempty" doc:"Of the next attempt to make it."`
	Error      string `json:"error,omitempty" doc:"A code for why it is not made so far."`
	DeliveryID string `json:"delivery_id,omitempty" doc:"The webhook-id."`
	SHA256     string `json:"content_sha256,omitempty" doc:"Of the report, in hex."`
	Bytes      int64  `json:"content_bytes,omitempty" doc:"Of the report."`
	MadeAt     *Time  `json:"made_at,omitempty"`
}

type scheduleOutput struct{ Body ReportSchedule }

// SchedulePath is the path of one schedule.
type SchedulePath struct {
	ID         string `path:"schedule_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

func (a *API) schedules() {
	read, write := []live.Action{live.ActReport}, []live.Action{live.ActReportPlan}
	const tag = "Subscriptions"
	add(a, Route{
		ID: "create-report-schedule", Method: "POST", Path: "/v1/report-schedules", Tag: tag, Summary: "Have reports sent to a subscription",
		Text: "What is due from now on is posted once, as a `report_due` webhook with the report in `content_base64`, its digest, and the path where the same bytes can be downloaded: the `as_of` is that of the moment at which it was due. " +
			"It is signed, tried again, kept when it is dead and replayed as every webhook of the subscription is; a report over 1 MiB is named by path and digest alone.",
		Actions: write, status: http.StatusCreated, body: NewReportSchedule{},
		example: map[string]any{"subscription_id": "sub_019b7d2a-3c00-7000-8000-000000000001", "report": "show", "moments": []string{"t0", "t7", "t30"}, "format": "xlsx"},
	}, a.createSchedule)
	add(a, Route{ID: "list-report-schedules", Method: "GET", Path: "/v1/report-schedules", Tag: tag, Summary: "List which reports are sent", Text: "All of a merchant, newest first; at most 20.", Actions: read}, a.listSchedules)
	add(a, Route{ID: "delete-report-schedule", Method: "DELETE", Path: "/v1/report-schedules/{schedule_id}", Tag: tag, Summary: "Send these reports no longer", Actions: write, status: http.StatusNoContent}, a.deleteSchedule)
	add(a, Route{
		ID: "list-report-runs", Method: "GET", Path: "/v1/report-schedules/{schedule_id}/runs", Tag: tag, Summary: "List the reports that were due", Text: "The newest 200.", Actions: read,
	}, a.listRuns)
}

// planScope is the merchant of a caller who may see all of it.
func planScope(p live.Principal, id string) (live.MerchantID, error) {
	m, err := merchant(p, id)
	if err == nil && p.Rooms != nil {
		err = live.Forbidden("room_forbidden", "schedules of reports are of the whole merchant, and the token is limited to rooms")
	}
	return m, err
}

func (a *API) createSchedule(ctx context.Context, p live.Principal, in *rawBody) (*scheduleOutput, error) {
	b, err := decode[NewReportSchedule](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := planScope(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	s := plan.Schedule{Merchant: m, Subscription: b.SubscriptionID, Report: b.Report, Moments: b.Moments, Format: b.Format, Lang: b.Lang, Zone: b.TimeZone}
	if s.Format == "" {
		s.Format = "json"
	}
	if s.Lang == "" {
		s.Lang = "zh-CN"
	}
	if s.Zone == "" && s.Report != plan.OfShow {
		if s.Zone, err = a.sharedZone(ctx, m); err != nil {
			return nil, err
		}
	}
	if s, err = a.cfg.Plan.AddSchedule(ctx, s, p.Actor()); err != nil {
		return nil, err
	}
	return &scheduleOutput{scheduleOf(s)}, nil
}

func (a *API) listSchedules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[ReportSchedule], error) {
	m, err := planScope(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Plan.Schedules(ctx, m)
	if err != nil {
		return nil, err
	}
	return listOf(list, "", scheduleOf), nil
}

func (a *API) deleteSchedule(ctx context.Context, p live.Principal, in *SchedulePath) (*nothing, error) {
	m, err := planScope(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	return nil, a.cfg.Plan.DropSchedule(ctx, m, in.ID, p.Actor())
}

func (a *API) listRuns(ctx context.Context, p live.Principal, in *SchedulePath) (*listOutput[ReportRun], error) {
	m, err := planScope(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Plan.Runs(ctx, m, in.ID)
	if err != nil {
		return nil, err
	}
	return listOf(list, "", func(x plan.Run) ReportRun {
		return ReportRun{
			Subject: x.Subject, DueAt: Time{x.DueAt}, Made: x.Made, Attempts: x.Attempts, NextAt: timeOrNil(x.NextAt), Error: x.Error,
			DeliveryID: x.Delivery, SHA256: x.SHA256, Bytes: x.Bytes, MadeAt: timeOrNil(x.MadeAt),
		}
	}), nil
}

func scheduleOf(s plan.Schedule) ReportSchedule {
	return ReportSchedule{
		ID: s.ID, MerchantID: string(s.Merchant), SubscriptionID: s.Subscription, Report: s.Report, Moments: s.Moments, Format: s.Format, Lang: s.Lang,
		TimeZone: s.Zone, CreatedAt: Time{s.CreatedAt},
	}
}
