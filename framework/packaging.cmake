# `cpack` in the build folder makes a Debian package of everything that is installed: command, microbenchmarks,
# plugins and SDK. What the binaries need is found out by dpkg-shlibdeps.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME offload-bench)
set(CPACK_PACKAGE_CONTACT "The OffloadBench authors <offload-bench@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded, not linked, so shlibdeps cannot see them: figures, bundles, boards, tables and TLS load their libraries when they
# need them, and LibTorch takes whatever BLAS the system has chosen.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcairo2, libarchive13t64 | libarchive13, libcsv3, libsqlite3-0, libssl3t64 | libssl3")
if(TARGET offload-autograd)
  string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libopenblas0-pthread")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-numpy")
endif()
include(CPack)
