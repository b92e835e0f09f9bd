#include "export/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>

#include "core/error.hpp"
#include "export/cairo.hpp"

namespace offload {
namespace {

// Points (1/72 inch).
constexpr double kWidth = 720, kPanelHeight = 210, kLeft = 56, kTop = 40, kBottom = 46, kLegend = 150,
                 kTierInLegend = 36, kGap = 20, kText = 10;
constexpr std::size_t kPanelsAbreast = 3;

// Those of the report page (reports/page/rows.js), so that a row looks the same in both: RGB, 8 bits each.
constexpr std::array<std::uint32_t, kChartColours> kColours = {
    0x1f77c8, 0xd55e00, 0x008800, 0xd070d8, 0xa83888, 0x68a088, 0x786040, 0x7090f0,
    0xa87890, 0x908000, 0x9060d0, 0xf06880, 0x008078, 0xb83830, 0x40a830, 0x706090};

struct Range {
  double low = 0, high = 1;

  double share(double value) const { return (value - low) / (high - low); }
};

// Of 1, 2 or 5 times a power of ten, about five in the range.
double tick_step(const Range& range) {
  const double raw = (range.high - range.low) / 5, power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

struct Box {
  double x, y, width, height;
};

class Drawing {
 public:
  Drawing(const Chart& chart, cairo_t* cairo) : chart_(chart), cairo_(cairo) {}

  void draw() {
    cairo_select_font_face(cairo_, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
    set_ranges();
    text(kLeft, 16, chart_.title, kText + 2);
    const std::size_t abreast = std::min(chart_.panels.size(), kPanelsAbreast);
    const double width = (kWidth - legend_width() - kLeft - kGap * static_cast<double>(abreast)) /
                         static_cast<double>(abreast);
    for (std::size_t i = 0; i < chart_.panels.size(); ++i) {
      const Box box = {kLeft + static_cast<double>(i % abreast) * (width + kGap),
                       kTop + static_cast<double>(i / abreast) * (kPanelHeight + kBottom), width,
                       kPanelHeight - kTop};
      panel(chart_.panels[i], box, i % abreast == 0);
    }
    legend();
  }

 private:
  double legend_width() const { return kLegend + (chart_.open_means.empty() ? 0 : kTierInLegend); }

  void set_ranges() {
    constexpr double kMost = std::numeric_limits<double>::infinity();
    x_ = y_ = {kMost, -kMost};
    for (const ChartPanel& panel : chart_.panels) {
      for (const ChartLine& line : panel.lines) {
        for (const ChartPoint& point : line.points) {
          x_ = {std::min(x_.low, point.x), std::max(x_.high, point.x)};
          for (const double y : {point.y, point.low, point.high}) {
            if (std::isfinite(y)) y_ = {std::min(y_.low, y), std::max(y_.high, y)};
          }
        }
      }
    }
    if (!chart_.categories.empty()) x_ = {-.5, static_cast<double>(chart_.categories.size()) - .5};
    for (Range* range : {&x_, &y_}) {
      if (!(range->low < range->high)) *range = {range->low - .5, range->low + .5};
    }
    const double margin = (y_.high - y_.low) * .05;
    y_ = {y_.low - margin, y_.high + margin};
  }

  void colour(std::size_t series, double alpha = 1) {
    const std::uint32_t rgb = kColours[chart_.series[series].colour % kColours.size()];
    const auto part = [rgb](int shift) { return static_cast<double>(rgb >> shift & 0xff) / 255; };
    cairo_set_source_rgba(cairo_, part(16), part(8), part(0), alpha);
  }
  void grey(double level) { cairo_set_source_rgb(cairo_, level, level, level); }

  // `align`: 0 begins at x, .5 is centred there, 1 ends there.
  void text(double x, double y, const std::string& words, double size, double align = 0) {
    grey(.1);
    cairo_set_font_size(cairo_, size);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_, words.c_str(), &extents);
    cairo_move_to(cairo_, x - align * extents.x_advance, y);
    cairo_show_text(cairo_, words.c_str());
    cairo_new_path(cairo_);  // or the next line would begin where the text ends
  }
  void line(double x0, double y0, double x1, double y1) {
    cairo_move_to(cairo_, x0, y0);
    cairo_line_to(cairo_, x1, y1);
    cairo_stroke(cairo_);
  }
  double at_x(const Box& box, double x) const { return box.x + x_.share(x) * box.width; }
  double at_y(const Box& box, double y) const { return box.y + (1 - y_.share(y)) * box.height; }

  void axes(const Box& box, bool first) {
    cairo_set_line_width(cairo_, .5);
    const double step = tick_step(y_);
    for (double tick = std::ceil(y_.low / step) * step; tick <= y_.high; tick += step) {
      const double value = std::abs(tick) < step / 2 ? 0 : tick;
      grey(.85);
      line(box.x, at_y(box, value), box.x + box.width, at_y(box, value));
      if (first)
        text(box.x - 5, at_y(box, value) + 3, fmt::format("{:g}", std::round(value * 1e9) / 1e9), kText - 1,
             1);
    }
    grey(.3);
    line(box.x, box.y + box.height, box.x + box.width, box.y + box.height);
    const double below = box.y + box.height + 13;
    for (std::size_t i = 0; i < chart_.categories.size(); ++i)
      text(at_x(box, static_cast<double>(i)), below, chart_.categories[i], kText - 1, .5);
    if (chart_.categories.empty()) {
      const double width = tick_step(x_);
      for (double tick = std::ceil(x_.low / width) * width; tick <= x_.high; tick += width) {
        // At its ends within the panel, or it would run into the next one's.
        const double share = x_.share(tick), align = share < .05 ? 0 : share > .95 ? 1 : .5;
        text(at_x(box, tick), below, fmt::format("{:g}", tick), kText - 1, align);
      }
    }
    text(box.x + box.width / 2, below + 14, chart_.x_label, kText, .5);
    if (!first) return;
    cairo_save(cairo_);
    cairo_translate(cairo_, 14, box.y + box.height / 2);
    cairo_rotate(cairo_, -std::numbers::pi / 2);
    text(0, 0, chart_.y_label, kText, .5);
    cairo_restore(cairo_);
  }

  void dashes(std::size_t series) {
    constexpr double kDash[] = {5, 3};
    cairo_set_dash(cairo_, kDash, chart_.series[series].colour / kColours.size() % 2 == 0 ? 0 : 2, 0);
  }

  void mark(double x, double y, std::size_t series, bool open) {
    colour(series);
    shape(x, y, chart_.series[series].mark, open);
  }

  // In the colour that is set. An outline hides the line behind it, so that it is open on any ground.
  void shape(double x, double y, std::size_t which, bool open) {
    constexpr double kRadius = 3;
    // A circle, a square, a triangle, a diamond and a triangle on its tip, as on the page.
    struct Shape {
      std::size_t corners;
      double turned;  // of a full turn
    };
    constexpr std::array<Shape, 5> kShapes = {{{0, 0}, {4, .125}, {3, 0}, {4, 0}, {3, .5}}};
    const auto [corners, turned] = kShapes[which % kShapes.size()];
    cairo_new_sub_path(cairo_);
    if (corners == 0) cairo_arc(cairo_, x, y, kRadius, 0, 2 * std::numbers::pi);
    for (std::size_t c = 0; c < corners; ++c) {
      const double angle =
          2 * std::numbers::pi * (turned + static_cast<double>(c) / static_cast<double>(corners));
      cairo_line_to(cairo_, x + 1.3 * kRadius * std::sin(angle), y - 1.3 * kRadius * std::cos(angle));
    }
    cairo_close_path(cairo_);
    if (!open) return cairo_fill(cairo_);
    cairo_set_line_width(cairo_, 1.4);
    cairo_stroke_preserve(cairo_);
    cairo_set_source_rgb(cairo_, 1, 1, 1);
    cairo_fill(cairo_);
  }

  void band(const Box& box, const ChartLine& series) {
    for (const ChartPoint& point : series.points)
      cairo_line_to(cairo_, at_x(box, point.x), at_y(box, point.low));
    for (auto point = series.points.rbegin(); point != series.points.rend(); ++point)
      cairo_line_to(cairo_, at_x(box, point->x), at_y(box, point->high));
    cairo_close_path(cairo_);
    colour(series.series, .15);
    cairo_fill(cairo_);
  }

  // Lines of one category stand side by side, or their bars would hide each other.
  double beside(std::size_t series) const {
    if (chart_.categories.empty()) return 0;
    return .5 * ((static_cast<double>(series) + .5) / static_cast<double>(chart_.series.size()) - .5);
  }

  void draw_line(const Box& box, const ChartLine& series) {
    const double aside = beside(series.series);
    colour(series.series);
    cairo_set_line_width(cairo_, 1.4);
    dashes(series.series);
    for (const ChartPoint& point : series.points)
      cairo_line_to(cairo_, at_x(box, point.x + aside), at_y(box, point.y));
    cairo_stroke(cairo_);
    cairo_set_dash(cairo_, nullptr, 0, 0);
    for (const ChartPoint& point : series.points) {
      const double x = at_x(box, point.x + aside);
      if (!chart_.bands && std::isfinite(point.low)) line(x, at_y(box, point.low), x, at_y(box, point.high));
      if (!chart_.bands) mark(x, at_y(box, point.y), series.series, point.open);
      colour(series.series);
      cairo_set_line_width(cairo_, 1.4);
    }
  }

  void panel(const ChartPanel& panel, const Box& box, bool first) {
    axes(box, first);
    if (!panel.title.empty()) text(box.x + box.width / 2, box.y - 5, panel.title, kText, .5);
    for (const ChartLine& series : panel.lines) {
      if (chart_.bands && !series.points.empty()) band(box, series);
    }
    for (const ChartLine& series : panel.lines) draw_line(box, series);
  }

  void legend() {
    const double x = kWidth - legend_width() + 8;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const double y = kTop + 15 * static_cast<double>(i) + 4;
      colour(i);
      cairo_set_line_width(cairo_, 1.4);
      dashes(i);
      line(x, y, x + 22, y);
      cairo_set_dash(cairo_, nullptr, 0, 0);
      if (!chart_.bands) mark(x + 11, y, i, chart_.series[i].open);
      text(x + 28, y + 3.5, chart_.series[i].name, kText - 1);
    }
    double y = kTop + 15 * static_cast<double>(chart_.series.size()) + 10;
    for (const bool open : {false, true}) {
      const std::string& words = open ? chart_.open_means : chart_.filled_means;
      if (words.empty()) continue;
      grey(.3);
      shape(x + 11, y, 0, open);
      text(x + 28, y + 3.5, words, kText - 1);
      y += 15;
    }
  }

  const Chart& chart_;
  cairo_t* cairo_;
  Range x_, y_;
};

cairo_status_t append(void* text, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

std::string drawn(const Chart& chart, ChartFormat format) {
  const std::size_t rows = (chart.panels.size() + kPanelsAbreast - 1) / kPanelsAbreast;
  const double height = std::max(static_cast<double>(rows) * (kPanelHeight + kBottom) + 6,
                                 kTop + 15 * static_cast<double>(chart.series.size() + 2) + 20);
  std::string out;
  cairo_surface_t* surface = format == ChartFormat::pdf
                                 ? cairo_pdf_surface_create_for_stream(append, &out, kWidth, height)
                                 : cairo_svg_surface_create_for_stream(append, &out, kWidth, height);
  if (format == ChartFormat::pdf) {
    // Without it cairo writes the day and second of the drawing.
    // By itself cairo 1.18 writes 1.7, of which pdfTeX warns: it takes figures up to 1.5.
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, chart.title.c_str());
  }
  cairo_t* cairo = cairo_create(surface);
  Drawing(chart, cairo).draw();
  cairo_status_t status = cairo_status(cairo);
  cairo_destroy(cairo);
  cairo_surface_finish(surface);
  if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(surface);
  cairo_surface_destroy(surface);
  if (status != CAIRO_STATUS_SUCCESS)
    fail(ErrorKind::io, "cannot draw the figure: {}", cairo_status_to_string(status));
  return out;
}

}  // namespace offload
