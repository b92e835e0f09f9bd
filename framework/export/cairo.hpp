// The functions of cairo that charts are drawn with, loaded when the first one is called
// (process/system_library.hpp).
#pragma once

#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>

#include "process/system_library.hpp"

namespace offload {

inline SystemLibrary cairo_library(OFFLOAD_CAIRO, "figures need it (Debian: libcairo2)");

OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_arc);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_close_path);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_create);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_destroy);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_fill);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_line_to);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_move_to);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_new_path);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_new_sub_path);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_pdf_surface_create_for_stream);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_pdf_surface_restrict_to_version);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_pdf_surface_set_metadata);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_restore);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_rotate);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_save);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_select_font_face);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_set_dash);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_set_font_size);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_set_line_join);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_set_line_width);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_set_source_rgb);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_set_source_rgba);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_show_text);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_status);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_status_to_string);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_stroke);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_stroke_preserve);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_surface_destroy);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_surface_finish);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_surface_status);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_svg_surface_create_for_stream);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_text_extents);
OFFLOAD_LIBRARY_FUNCTION(cairo_library, cairo_translate);

}  // namespace offload
