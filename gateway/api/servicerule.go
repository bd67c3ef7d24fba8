package api

import (
	"context"
	"strconv"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
)

// ServiceRules are the rules by which a merchant serves.
type ServiceRules struct {
	TimeZone      string        `json:"time_zone" doc:"IANA name; the hours are on its walls."`
	Hours         []ServiceHour `json:"hours" doc:"When the doors are open; none: round the clock. In order, not touching."`
	Holidays      []string      `json:"holidays" doc:"Days, YYYY-MM-DD, on which they are closed."`
	FirstResponse int64         `json:"first_response_s" minimum:"1" doc:"Promised from the queue to the first word of a human, seconds of business hours."`
	Resolution    int64         `json:"resolution_s" minimum:"1" doc:"Promised from the queue to the close, likewise."`
	Silence       int64         `json:"silence_s" minimum:"1" doc:"After which a session in which nobody speaks is closed."`
	Bot           bool          `json:"bot" doc:"The bot answers first."`
	HumanWords    []string      `json:"human_words" doc:"Words that lead to a human, beside 转人工, human and the like, which always do."`
}

// ServiceHour is a span of a day of the week.
type ServiceHour struct {
	Day   string `json:"day" enum:"mon,tue,wed,thu,fri,sat,sun"`
	From  string `json:"from" doc:"HH:MM on the wall."`
	Until string `json:"until" doc:"HH:MM; 24:00 is the next midnight."`
}

// ServiceRulesNow are the rules with their version.
type ServiceRulesNow struct {
	ServiceRules

	Version int64 `json:"version" doc:"0: nobody has set any, and the defaults hold."`
}

// CannedAnswer is a canned answer.
type CannedAnswer struct {
	AnswerID string   `json:"answer_id,omitempty"`
	Title    string   `json:"title" maxLength:"80"`
	Text     string   `json:"text" maxLength:"2000"`
	Kind     string   `json:"kind,omitempty" enum:"share,qa,recommend,care,notice,chat"`
	Keywords []string `json:"keywords,omitempty" doc:"Any of them in a person's words brings the answer by the bot; none: for agents only."`
}

// CannedAnswers are those of a merchant, in the order in which agents see them.
type CannedAnswers struct {
	Items []CannedAnswer `json:"items"`
}

type (
	serviceRulesOutput  struct{ Body ServiceRulesNow }
	cannedAnswersOutput struct{ Body CannedAnswers }
)

var serviceDays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (a *API) serviceRules() {
	serve, write := []live.Action{live.ActServe}, []live.Action{live.ActServiceWrite}
	add(a, Route{ID: "get-service-rules", Method: "GET", Path: "/v1/service/rules", Tag: serviceTag, Summary: "Read the rules of service", Actions: serve}, a.getServiceRules)
	add(a, Route{
		ID: "put-service-rules", Method: "PUT", Path: "/v1/service/rules", Tag: serviceTag, Summary: "Set the rules of service", Text: "Sessions keep the promises they were given.",
		Actions: write, body: ServiceRules{}, example: map[string]any{
			"time_zone": "Asia/Shanghai", "hours": []any{map[string]any{"day": "mon", "from": "09:00", "until": "18:00"}}, "holidays": []string{"2026-10-01"},
			"first_response_s": 120, "resolution_s": 14400, "silence_s": 86400, "bot": true, "human_words": []string{"客服"},
		},
	}, a.putServiceRules)
	add(a, Route{ID: "get-canned-answers", Method: "GET", Path: "/v1/service/answers", Tag: serviceTag, Summary: "Read the canned answers", Actions: serve}, a.getCannedAnswers)
	add(a, Route{
		ID: "put-canned-answers", Method: "PUT", Path: "/v1/service/answers", Tag: serviceTag, Summary: "Set the canned answers", Text: "Those with keywords are also the bot's.",
		Actions: write, body: CannedAnswers{}, example: map[string]any{"items": []any{map[string]any{"title": "Shipping", "text": "It leaves within 48 hours.", "keywords": []string{"发货", "shipping"}}}},
	}, a.putCannedAnswers)
}

// ServiceMerchant names the merchant of a question.
type ServiceMerchant struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

func (a *API) getServiceRules(ctx context.Context, p live.Principal, in *ServiceMerchant) (*serviceRulesOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	s, err := a.cfg.Desk.Settings(ctx, m)
	if err != nil {
		return nil, err
	}
	return &serviceRulesOutput{serviceRulesOf(s)}, nil
}

func serviceRulesOf(s care.Settings) ServiceRulesNow {
	out := ServiceRulesNow{Version: s.Version, ServiceRules: ServiceRules{
		TimeZone: s.Hours.Zone.String(), Hours: []ServiceHour{}, Holidays: []string{}, FirstResponse: int64(s.FirstResponse / time.Second), Resolution: int64(s.Resolution / time.Second),
		Silence: int64(s.Silence / time.Second), Bot: s.Bot, HumanWords: append([]string{}, s.Human...),
	}}
	for i := range serviceDays { // the week begins on Monday
		day := (i + 1) % len(serviceDays)
		for _, x := range s.Hours.Week[day] {
			out.Hours = append(out.Hours, ServiceHour{serviceDays[day], clockText(x.From), clockText(x.Until)})
		}
	}
	for _, d := range s.Hours.Holidays {
		out.Holidays = append(out.Holidays, d.String())
	}
	return out
}

func clockText(minutes int) string {
	two := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	return two(minutes/60) + ":" + two(minutes%60)
}

// clockMinutes reads HH:MM up to 24:00.
func clockMinutes(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, errH := strconv.ParseUint(s[:2], 10, 8)
	m, errM := strconv.ParseUint(s[3:], 10, 8)
	n := int(h*60 + m)
	return n, errH == nil && errM == nil && m < 60 && n <= 24*60
}

func (a *API) putServiceRules(ctx context.Context, p live.Principal, in *struct {
	ServiceMerchant
	rawBody
},
) (*serviceRulesOutput, error) {
	b, err := decode[ServiceRules](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	s, err := b.settings()
	if err != nil {
		return nil, err
	}
	if s, err = a.cfg.Desk.SetSettings(ctx, m, p, s); err != nil {
		return nil, err
	}
	return &serviceRulesOutput{serviceRulesOf(s)}, nil
}

func (r *ServiceRules) settings() (care.Settings, error) {
	s := care.Settings{Bot: r.Bot, Human: r.HumanWords}
	for field, n := range map[string]int64{"first_response_s": r.FirstResponse, "resolution_s": r.Resolution, "silence_s": r.Silence} {
		if n < 1 || n > int64(care.MaxTarget/time.Second) {
			return s, live.Invalid("invalid_field", field, "must be 1 second to 30 days")
		}
	}
	s.FirstResponse, s.Resolution, s.Silence = time.Duration(r.FirstResponse)*time.Second, time.Duration(r.Resolution)*time.Second, time.Duration(r.Silence)*time.Second
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil || r.TimeZone == "" || r.TimeZone == "Local" {
		return s, live.Invalid("invalid_field", "time_zone", "must be an IANA time zone such as Asia/Shanghai")
	}
	s.Hours.Zone = zone
	for i, h := range r.Hours {
		at := "hours[" + strconv.Itoa(i) + "]"
		day := -1
		for n, name := range serviceDays {
			if name == h.Day {
				day = n
			}
		}
		from, okF := clockMinutes(h.From)
		until, okU := clockMinutes(h.Until)
		if day < 0 || !okF || !okU {
			return s, live.Invalid("invalid_field", at, "must have a day of mon to sun and times of HH:MM")
		}
		s.Hours.Week[day] = append(s.Hours.Week[day], care.Span{From: from, Until: until})
	}
	for i, h := range r.Holidays {
		d, err := time.Parse(time.DateOnly, h)
		if err != nil {
			return s, live.Invalid("invalid_field", "holidays["+strconv.Itoa(i)+"]", "must be YYYY-MM-DD")
		}
		s.Hours.Holidays = append(s.Hours.Holidays, care.DayOf(d))
	}
	return s, nil
}

func (a *API) getCannedAnswers(ctx context.Context, p live.Principal, in *ServiceMerchant) (*cannedAnswersOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Desk.Answers(ctx, m)
	if err != nil {
		return nil, err
	}
	return cannedAnswersOf(list), nil
}

func cannedAnswersOf(list []care.Answer) *cannedAnswersOutput {
	out := &cannedAnswersOutput{CannedAnswers{Items: make([]CannedAnswer, len(list))}}
	for i, x := range list {
		out.Body.Items[i] = CannedAnswer{x.ID, x.Title, x.Text, string(x.Kind), x.Keywords}
	}
	return out
}

func (a *API) putCannedAnswers(ctx context.Context, p live.Principal, in *struct {
	ServiceMerchant
	rawBody
},
) (*cannedAnswersOutput, error) {
	b, err := decode[CannedAnswers](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list := make([]care.Answer, len(b.Items))
	for i, x := range b.Items {
		list[i] = care.Answer{ID: x.AnswerID, Title: x.Title, Text: x.Text, Kind: care.MessageKind(x.Kind), Keywords: x.Keywords}
	}
	if list, err = a.cfg.Desk.SetAnswers(ctx, m, p, list); err != nil {
		return nil, err
	}
	return cannedAnswersOf(list), nil
}
