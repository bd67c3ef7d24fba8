package api

import (
	"context"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/need"
	"showrunner/live"
)

// Complaints keeps complaints, findings and briefs; conversion/care/complaint is
// it. What a caller may not see it says is not there.
type Complaints interface {
	Open(ctx context.Context, in complaint.Claim, by live.Actor) (complaint.Complaint, bool, error)
	Turn(ctx context.Context, r care.Reach, id string, u complaint.Turn, by live.Principal) (complaint.Complaint, error)
	Complaint(ctx context.Context, r care.Reach, id string) (complaint.Complaint, error)
	Complaints(ctx context.Context, f complaint.Filter) ([]complaint.Complaint, string, error)
	History(ctx context.Context, r care.Reach, id string) ([]complaint.Entry, error)
	Figures(ctx context.Context, f complaint.FigureQuestion) (complaint.Figures, error)
	Keywords(ctx context.Context, k complaint.KeywordQuestion) (complaint.Keywords, error)

	Find(ctx context.Context, n complaint.NewFinding, by live.Principal) (complaint.Finding, error)
	Finding(ctx context.Context, m live.MerchantID, id string) (complaint.Finding, error)
	Findings(ctx context.Context, f complaint.FindingFilter) ([]complaint.Finding, string, error)
	FindingHistory(ctx context.Context, m live.MerchantID, id string) ([]complaint.Entry, error)
	Route(ctx context.Context, m live.MerchantID, id string, r complaint.Route, by live.Principal) (complaint.Finding, error)
	Decide(ctx context.Context, m live.MerchantID, id string, adopt bool, words string, by live.Principal) (complaint.Finding, error)
	Verify(ctx context.Context, m live.MerchantID, id string, window, horizon time.Duration, by live.Principal) (complaint.Finding, error)
	Adoptions(ctx context.Context, m live.MerchantID, from, until, now time.Time) ([]complaint.Adoption, error)

	Draft(ctx context.Context, m live.MerchantID, show live.ShowID, by live.Principal) (complaint.Brief, error)
	Edit(ctx context.Context, m live.MerchantID, show live.ShowID, items []complaint.Item, by live.Principal) (complaint.Brief, error)
	Publish(ctx context.Context, m live.MerchantID, show live.ShowID, by live.Principal) (complaint.Brief, error)
	Acknowledge(ctx context.Context, m live.MerchantID, show live.ShowID, version int64, by live.Principal) (complaint.Brief, error)
	Brief(ctx context.Context, m live.MerchantID, show live.ShowID) (complaint.Brief, error)
	Briefs(ctx context.Context, m live.MerchantID, cursor string, size int) ([]complaint.Brief, string, error)
}

// Needs is the loop of needs; conversion/care/need is it.
type Needs interface {
	Capture(ctx context.Context, in need.Wanted, by live.Actor) (need.Need, error)
	Respond(ctx context.Context, r care.Reach, id, answer string, by live.Principal) (need.Need, error)
	Validate(ctx context.Context, r care.Reach, id, evidence string, by live.Principal) (need.Need, error)
	Need(ctx context.Context, r care.Reach, id string) (need.Need, error)
	Needs(ctx context.Context, f need.Filter) ([]need.Need, string, error)
	History(ctx context.Context, r care.Reach, id string) ([]need.Entry, error)

	Gather(ctx context.Context, m live.MerchantID, by live.Principal) (int, error)
	Cluster(ctx context.Context, m live.MerchantID, id string) (need.Cluster, error)
	Clusters(ctx context.Context, m live.MerchantID, state need.ClusterState, cursor string, size int) ([]need.Cluster, string, error)
	ClusterHistory(ctx context.Context, m live.MerchantID, id string) ([]need.Entry, error)
	Promote(ctx context.Context, m live.MerchantID, id string, p need.Promotion, by live.Principal) (need.Cluster, error)
	Measure(ctx context.Context, m live.MerchantID, id string, by live.Principal) (need.Cluster, error)
	Retire(ctx context.Context, m live.MerchantID, id, reason string, by live.Principal) (need.Cluster, error)
}
