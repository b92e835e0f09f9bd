// A new plugin project: plugins/template with another name. Builds outside this tree against the installed
// SDK.
#pragma once

#include <filesystem>
#include <string>

namespace offload {

// What a new project begins with.
enum class Template { agent, reward, torch_agent, python_agent, python_reward };

// Makes `folder`, which appears whole or not at all, with CMakeLists.txt and the source of a plugin called
// `id`; or, in Python, its one file. Returns the file of the source. Throws Error(config) for an id that is
// none or a folder that is there, Error(io).
std::filesystem::path write_plugin_project(const std::string& id, Template from,
                                           const std::filesystem::path& folder);

// "my-agent" as a class is called: MyAgent.
std::string class_name(const std::string& id);

}  // namespace offload
