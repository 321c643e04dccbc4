// Which keys a run of a real tree holds, popular ones or all alike, as its key samples tell. A key
// of a group that is drawn with probability p is there with probability
//
//   h = t + s (1 - e^(-p D))
//
// for one t and s of the run, and a D that makes up the number of records that a stretch has:
//
//   all alike                    s = 0
//   what D draws left            t = 0, s = 1
//   each key in its turn, too    0 < t, s = 1 - t
//   all, less what was deleted   t = 1, s < 0
//
// Of these, the one that makes the samples likeliest holds; one more parameter has to be worth a
// factor of e (Akaike's criterion).
#pragma once

#include <cstddef>
#include <vector>

namespace lsmkit {

// Groups of keys and how they are drawn.
class GroupDraws {
 public:
  // By group: the share of all keys, and the probability that a draw is of one given key.
  GroupDraws(std::vector<double> shares, std::vector<double> rates);

  const std::vector<double>& shares() const { return shares_; }
  double met(size_t group, double draws) const;  // of a group's keys, by so many draws
  // So many draws meet that share of all keys; the most that are looked at if none do.
  double draws_for(double share) const;

 private:
  static constexpr double draws_at(size_t i);

  std::vector<double> shares_;
  std::vector<double> rates_;
  std::vector<double> met_;  // of all keys, by draws at equal ratios
};

class GroupMix {
 public:
  // All alike. `draws` must outlive the mix.
  explicit GroupMix(const GroupDraws& draws) : draws_(&draws) {}
  // What is likeliest of a run that has `hit` of the keys, and so many samples of each group.
  static GroupMix likeliest(const GroupDraws& draws, const std::vector<double>& samples,
                            double hit);

  // Of a stretch's keys, where it has `hit` of them: the share there is of each group.
  std::vector<double> hits(double hit) const;

 private:
  GroupMix(const GroupDraws& draws, double turns, double drawn)
      : draws_(&draws), turns_(turns), drawn_(drawn) {}
  double fit(const std::vector<double>& samples, double hit) const;  // ln of the likelihood

  const GroupDraws* draws_;
  double turns_ = 1;  // t: of what a stretch has, if s is not below 0
  double drawn_ = 0;  // s below 0; else 1 - t
};

}  // namespace lsmkit
