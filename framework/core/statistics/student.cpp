#include "core/statistics/student.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace offload {
namespace {

using Distribution = boost::math::students_t_distribution<long double>;

}  // namespace

double student_quantile(double p, double degrees) {
  return static_cast<double>(boost::math::quantile(Distribution(degrees), static_cast<long double>(p)));
}

double student_two_sided(double t, double degrees) {
  const long double beyond =
      boost::math::cdf(boost::math::complement(Distribution(degrees), std::abs(static_cast<long double>(t))));
  return static_cast<double>(2 * beyond);
}

}  // namespace offload
