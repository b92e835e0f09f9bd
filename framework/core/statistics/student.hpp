// Student's t distribution, computed in extended precision: its elementary functions have one implementation
// on x86-64, so that a report has the same bits on every processor.
#pragma once

namespace offload {

// t with P(T <= t) = p under `degrees` > 0 degrees of freedom, not necessarily a whole number; 0 < p < 1.
double student_quantile(double p, double degrees);

// P(|T| >= |t|).
double student_two_sided(double t, double degrees);

}  // namespace offload
