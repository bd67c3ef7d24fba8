package api

import (
	"context"

	"showrunner/conversion/care/need"
	"showrunner/live"
)

// NeedCluster is needs that are alike.
type NeedCluster struct {
	ID         string       `json:"cluster_id"`
	State      string       `json:"state" enum:"alike,common,retired"`
	Title      string       `json:"title" doc:"The need most like the others, or what it was promoted as."`
	Terms      []NeedTerm   `json:"terms" doc:"What makes them alike, the weightiest first."`
	Cohesion   Rate         `json:"cohesion" doc:"How alike the two most different are, as a cosine."`
	Needs      int64        `json:"needs"`
	Validated  int64        `json:"validated" doc:"Of the needs; two make it common."`
	EntryID    string       `json:"entry_id,omitempty"`
	CreatedAt  Time         `json:"created_at"`
	PromotedAt *Time        `json:"promoted_at,omitempty"`
	Measured   *NeedMeasure `json:"measured,omitempty" doc:"What became of the entry, as measured last."`
	Steps      []CareStep   `json:"steps,omitempty"`
}

// NeedTerm is a term and what it adds to how alike needs are.
type NeedTerm struct {
	Term   string  `json:"term"`
	Weight float64 `json:"weight"`
}

// NeedMeasure is what became of the entry of a common need.
type NeedMeasure struct {
	At              Time  `json:"at"`
	Exposed         int64 `json:"exposed"`
	Opened          int64 `json:"opened"`
	Resolved        int64 `json:"resolved"`
	UnusedSince     Time  `json:"unused_since" doc:"Since when its count of opens has not grown."`
	SuggestRetiring bool  `json:"suggest_retiring" doc:"Nobody has opened it for 30 days."`
}

// NeedPromotion is the body of POST /v1/service/need-clusters/{cluster_id}/promote.
type NeedPromotion struct {
	Title string `json:"title" minLength:"1" maxLength:"100" doc:"Of the entry."`
	Type  string `json:"type" enum:"shop,group,live_room,mini_program,custom" doc:"Of the entry."`
	Scope string `json:"scope,omitempty" maxLength:"128" doc:"Of the entry."`
}

// Gathered is the answer of POST /v1/service/need-clusters.
type Gathered struct {
	Moved int `json:"moved" doc:"Needs that are in another cluster than before."`
}

type needClusterOutput struct{ Body NeedCluster }

// NeedClusterPath is the path of one cluster.
type NeedClusterPath struct {
	ClusterID  string `path:"cluster_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

type needClusterTurn struct {
	NeedClusterPath
	rawBody
}

func (a *API) needClusters() {
	read, ship := []live.Action{live.ActFeedbackRead}, []live.Action{live.ActNeedShip}
	const tag = "Needs"
	const at = "/v1/service/need-clusters"
	add(a, Route{
		ID: "gather-needs", Method: "POST", Path: at, Tag: tag, Summary: "Find needs that are alike", Text: "Of the last 180 days. What was promoted stays as it is; the order of needs changes nothing.", Actions: ship,
	}, a.gatherNeeds)
	add(a, Route{ID: "list-need-clusters", Method: "GET", Path: at, Tag: tag, Summary: "List needs that are alike", Actions: read}, a.listNeedClusters)
	add(a, Route{ID: "get-need-cluster", Method: "GET", Path: at + "/{cluster_id}", Tag: tag, Summary: "Read a cluster with its steps", Actions: read}, a.getNeedCluster)
	add(a, Route{
		ID: "promote-need-cluster", Method: "POST", Path: at + "/{cluster_id}/promote", Tag: tag, Summary: "Make a need common and ship it as an entry",
		Text: "Before two of its needs are validated it is 409 `not_validated`.", Actions: ship, body: NeedPromotion{}, example: map[string]any{"title": "尺码助手", "type": "live_room"},
	}, func(ctx context.Context, p live.Principal, in *needClusterTurn) (*needClusterOutput, error) {
		b, err := decode[NeedPromotion](in.RawBody)
		if err != nil {
			return nil, err
		}
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		return needClusterAnswer(a.cfg.Needs.Promote(ctx, m, in.ClusterID, need.Promotion{Title: b.Title, Type: b.Type, Scope: b.Scope}, p))
	})
	add(a, Route{
		ID: "measure-need-cluster", Method: "POST", Path: at + "/{cluster_id}/measure", Tag: tag, Summary: "Measure the entry of a common need",
		Text: "When nobody has opened it for 30 days it is suggested to retire it.", Actions: ship,
	}, func(ctx context.Context, p live.Principal, in *NeedClusterPath) (*needClusterOutput, error) {
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		return needClusterAnswer(a.cfg.Needs.Measure(ctx, m, in.ClusterID, p))
	})
	add(a, Route{
		ID: "retire-need-cluster", Method: "POST", Path: at + "/{cluster_id}/retire", Tag: tag, Summary: "Retire the entry of a common need", Actions: ship, body: NewUndo{},
		example: map[string]any{"reason": "nobody opened it for two months"},
	}, func(ctx context.Context, p live.Principal, in *needClusterTurn) (*needClusterOutput, error) {
		b, err := decode[NewUndo](in.RawBody)
		if err != nil {
			return nil, err
		}
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		return needClusterAnswer(a.cfg.Needs.Retire(ctx, m, in.ClusterID, b.Reason, p))
	})
}

func (a *API) gatherNeeds(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*struct{ Body Gathered }, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	n, err := a.cfg.Needs.Gather(ctx, m, p)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Gathered }{Gathered{n}}, nil
}

func (a *API) listNeedClusters(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	State      string `query:"state" enum:"alike,common,retired"`
},
) (*listOutput[NeedCluster], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Needs.Clusters(ctx, m, need.ClusterState(in.State), in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, needClusterOf), nil
}

func (a *API) getNeedCluster(ctx context.Context, p live.Principal, in *NeedClusterPath) (*needClusterOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	c, err := a.cfg.Needs.Cluster(ctx, m, in.ClusterID)
	if err != nil {
		return nil, err
	}
	steps, err := a.cfg.Needs.ClusterHistory(ctx, m, in.ClusterID)
	if err != nil {
		return nil, err
	}
	out := needClusterOf(c)
	out.Steps = needSteps(steps)
	return &needClusterOutput{out}, nil
}

func needClusterAnswer(c need.Cluster, err error) (*needClusterOutput, error) {
	if err != nil {
		return nil, err
	}
	return &needClusterOutput{needClusterOf(c)}, nil
}

func needClusterOf(c need.Cluster) NeedCluster {
	out := NeedCluster{
		ID: c.ID, State: string(c.State), Title: c.Title, Terms: []NeedTerm{}, Cohesion: fraction(c.Cohesion, 10_000), Needs: c.Needs, Validated: c.Validated, EntryID: c.Entry,
		CreatedAt: Time{c.CreatedAt}, PromotedAt: timeOf(c.PromotedAt),
	}
	for _, t := range c.Terms {
		out.Terms = append(out.Terms, NeedTerm(t))
	}
	if v := c.Measured; v != nil {
		out.Measured = &NeedMeasure{Time{v.At}, v.Exposed, v.Opened, v.Resolved, Time{v.UnusedSince}, v.SuggestRetiring}
	}
	return out
}
