// A chart as values, and its drawing as SVG or PDF.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace offload {

// Where low is NaN there is no interval.
struct ChartPoint {
  double x = 0, y = 0;
  double low = std::numeric_limits<double>::quiet_NaN(), high = low;
  bool open = false;  // its mark is an outline
};

// What the lines of one thing have in common in all panels.
struct ChartSeries {
  std::string name;
  std::size_t colour = 0;  // place in the palette of kChartColours, which begins anew, dashed, behind its end
  std::size_t mark = 0;    // one of five shapes
  bool open = false;       // in the legend
};

inline constexpr std::size_t kChartColours = 16;

struct ChartLine {
  std::size_t series = 0;  // index into Chart::series
  std::vector<ChartPoint> points;
};

struct ChartPanel {
  std::string title;
  std::vector<ChartLine> lines;
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<std::string> categories;  // what x = 0, 1, ... are called; empty: x is a number
  std::vector<ChartSeries> series;
  std::vector<ChartPanel> panels;        // share their axes; at least one point in all
  bool bands = false;                    // intervals as bands behind lines, else as bars
  std::string filled_means, open_means;  // the last lines of the legend; empty: marks are not told apart
};

enum class ChartFormat { svg, pdf };

// The same bytes for the same chart and fonts: no date, no random names. Throws Error(io) where cairo cannot
// draw.
std::string drawn(const Chart& chart, ChartFormat format);

}  // namespace offload
